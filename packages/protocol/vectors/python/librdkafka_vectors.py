"""Prints one JSON line per record batch that librdkafka's producer makes, in every codec: the bytes as its mock broker
hands them out. Needs confluent-kafka (made with 2.16.0): python librdkafka_vectors.py > librdkafka.ndjson
"""

import base64
import json
import socket
import struct
import sys

from confluent_kafka import Producer

CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]


def text(value):
    return struct.pack(">h", len(value)) + value.encode()


def exchange(port, key, version, body):
    """One request and its response, without the headers."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        request = struct.pack(">hhi", key, version, 1) + text("vectors") + body
        connection.sendall(struct.pack(">i", len(request)) + request)
        stream = connection.makefile("rb")
        (length,) = struct.unpack(">i", stream.read(4))
        return stream.read(length)[4:]


def fetch(port, topic):
    partition = struct.pack(">iiqi", 1, 0, 0, 1 << 20)
    body = struct.pack(">iiiibi", -1, 500, 1, 1 << 20, 0, 1) + text(topic) + partition
    response = exchange(port, 1, 4, body)
    at = 4 + 4 + 2 + len(topic) + 4 + 4 + 2 + 8 + 8
    (aborted,) = struct.unpack_from(">i", response, at)
    at += 4 + 16 * max(aborted, 0)
    (length,) = struct.unpack_from(">i", response, at)
    return response[at + 4 : at + 4 + length]


for codec in CODECS:
    topic = "topic-" + codec
    producer = Producer(
        {
            "test.mock.num.brokers": 1,
            "compression.type": codec,
            "linger.ms": 200,
            "enable.idempotence": True,
        }
    )
    port = next(iter(producer.list_topics(topic, timeout=20).brokers.values())).port
    filler = "a line of text that repeats, " * 40
    producer.produce(topic, key="key", value=filler, partition=0, timestamp=1700000000000, headers=[("h", b"x"), ("n", None)])
    producer.produce(topic, key=None, value="no key " + filler, partition=0, timestamp=1700000000005)
    for index in range(60):
        producer.produce(topic, key="k%d" % index, value=filler, partition=0, timestamp=1700000000010 + index)
    producer.produce(topic, key="tombstone", value=None, partition=0, timestamp=1700000000100)
    assert producer.flush(20) == 0
    batch = fetch(port, topic)
    print(json.dumps({"codec": codec, "bytes": base64.b64encode(batch).decode()}))
    sys.stdout.flush()
