import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.CompressionType;
import org.apache.kafka.common.record.ControlRecordType;
import org.apache.kafka.common.record.EndTransactionMarker;
import org.apache.kafka.common.record.MemoryRecords;
import org.apache.kafka.common.record.MemoryRecordsBuilder;
import org.apache.kafka.common.record.MutableRecordBatch;
import org.apache.kafka.common.record.Record;
import org.apache.kafka.common.record.RecordBatch;
import org.apache.kafka.common.record.SimpleRecord;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.common.utils.PrimitiveRef;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.server.common.MetadataVersion;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.LogValidator;

/**
 * Prints one JSON line per record batch (or message set) in every format, codec and timestamp type, with what Apache
 * reads in it and what it makes of it: down-converted, up-converted, compacted.
 *
 * Run with all of Apache Kafka's libs on the class path: java -cp 'libs/*' RecordVectors.java > records.ndjson
 */
public class RecordVectors {
    static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    static final long NOW = 1700000000000L;
    static final TopicPartition PARTITION = new TopicPartition("t", 0);

    public static void main(String[] args) throws Exception {
        for (byte magic = 0; magic <= 2; magic++) {
            for (CompressionType codec : CompressionType.values()) {
                if (codec == CompressionType.ZSTD && magic < 2) continue;
                for (TimestampType type : new TimestampType[] {TimestampType.CREATE_TIME, TimestampType.LOG_APPEND_TIME}) {
                    if (magic == 0 && type == TimestampType.LOG_APPEND_TIME) continue;
                    for (boolean large : new boolean[] {false, true}) {
                        if (large && type == TimestampType.LOG_APPEND_TIME) continue;
                        MemoryRecords records = build(magic, codec, type, large, 4200, false);
                        String name = "magic " + magic + " " + codec.name + " " + type.name + (large ? " large" : "");
                        ObjectNode line = line(name, records);
                        if (codec != CompressionType.ZSTD) for (byte to = 0; to < magic; to++) {
                            line.set("to" + to, content(records.downConvert(to, 4201, Time.SYSTEM).records()));
                        }
                        if (!large) line.set("appended", appended(build(magic, codec, type, false, 0, false), codec));
                        System.out.println(line);
                    }
                }
            }
        }
        System.out.println(line("transactional", build((byte) 2, CompressionType.NONE, TimestampType.CREATE_TIME, false, 7, true)));
        control(ControlRecordType.COMMIT);
        control(ControlRecordType.ABORT);
        compacted(CompressionType.NONE);
        compacted(CompressionType.GZIP);
    }

    static byte[] bytes(String text) {
        return text == null ? null : text.getBytes();
    }

    static MemoryRecords build(byte magic, CompressionType codec, TimestampType type, boolean large, long base, boolean transactional) {
        MemoryRecordsBuilder builder = MemoryRecords.builder(ByteBuffer.allocate(1024), magic, Compression.of(codec).build(),
            type, base, NOW + 99, transactional ? 77123456789L : -1L, transactional ? (short) 12 : -1,
            transactional ? 2147483646 : -1, transactional, 5);
        List<SimpleRecord> records = new ArrayList<>();
        records.add(new SimpleRecord(NOW, bytes("key"), bytes("value")));
        records.add(new SimpleRecord(NOW - 100000, null, bytes("no key")));
        Header[] headers = magic < 2 ? new Header[0]
            : new Header[] {new RecordHeader("hé", bytes("x")), new RecordHeader("", (byte[]) null)};
        records.add(new SimpleRecord(NOW + 3, bytes("tombstone"), null, headers));
        records.add(new SimpleRecord(NOW + 2, bytes(""), bytes("")));
        if (large) for (int index = 0; index < 40; index++) {
            records.add(new SimpleRecord(NOW + index, bytes("k" + index), bytes(("line " + index % 7 + " of text, ").repeat(250))));
        }
        for (SimpleRecord record : records) builder.append(record);
        return builder.build();
    }

    static ObjectNode line(String name, MemoryRecords records) {
        ObjectNode line = content(records);
        line.put("name", name);
        return line;
    }

    static String base64(ByteBuffer buffer) {
        if (buffer == null) return null;
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return Base64.getEncoder().encodeToString(bytes);
    }

    static ObjectNode content(MemoryRecords records) {
        ObjectNode node = JSON.objectNode();
        node.put("bytes", base64(records.buffer()));
        ArrayNode batches = node.putArray("batches");
        for (MutableRecordBatch batch : records.batches()) {
            ObjectNode b = batches.addObject();
            b.put("magic", batch.magic()).put("size", batch.sizeInBytes()).put("baseOffset", batch.baseOffset())
                .put("lastOffset", batch.lastOffset()).put("crc", batch.checksum()).put("compression", batch.compressionType().name)
                .put("timestampType", batch.timestampType().name).put("maxTimestamp", batch.maxTimestamp())
                .put("producerId", batch.producerId()).put("producerEpoch", batch.producerEpoch())
                .put("baseSequence", batch.baseSequence()).put("lastSequence", batch.lastSequence())
                .put("isTransactional", batch.isTransactional()).put("isControl", batch.isControlBatch())
                .put("partitionLeaderEpoch", batch.partitionLeaderEpoch())
                .put("deleteHorizonMs", batch.deleteHorizonMs().orElse(-1L));
            if (batch.countOrNull() != null) b.put("recordCount", batch.countOrNull());
            ArrayNode list = b.putArray("records");
            for (Record record : batch) {
                ObjectNode r = list.addObject();
                r.put("offset", record.offset()).put("timestamp", record.timestamp()).put("key", base64(record.key()))
                    .put("value", base64(record.value()));
                ArrayNode headers = r.putArray("headers");
                for (Header header : record.headers()) {
                    headers.addArray().add(header.key()).add(header.value() == null ? null : base64(ByteBuffer.wrap(header.value())));
                }
            }
        }
        return node;
    }

    // What a leader appends of it at offset 1000, to a topic with the same codec, an uncompressed one and a gzip one.
    static ObjectNode appended(MemoryRecords records, CompressionType codec) {
        ObjectNode node = JSON.objectNode();
        for (TimestampType type : new TimestampType[] {TimestampType.CREATE_TIME, TimestampType.LOG_APPEND_TIME}) {
            for (CompressionType target : new CompressionType[] {codec, CompressionType.NONE, CompressionType.GZIP}) {
                byte[] copy = Base64.getDecoder().decode(base64(records.buffer()));
                MemoryRecords input = MemoryRecords.readableRecords(ByteBuffer.wrap(copy));
                LogValidator validator = new LogValidator(input, PARTITION, clockAt(NOW + 500), codec,
                    Compression.of(target).build(), false, (byte) 2, type, Long.MAX_VALUE, Long.MAX_VALUE, 9,
                    AppendOrigin.CLIENT, MetadataVersion.latestProduction());
                var ignored = implement(LogValidator.MetricsRecorder.class, null);
                ObjectNode result;
                try {
                    var valid = validator.validateMessagesAndAssignOffsets(PrimitiveRef.ofLong(1000), ignored, BufferSupplier.NO_CACHING);
                    result = content(valid.validatedRecords);
                    result.put("maxTimestampMs", valid.maxTimestampMs).put("rewritten", valid.messageSizeMaybeChanged);
                } catch (RuntimeException e) {
                    result = JSON.objectNode().put("error", e.toString());
                }
                node.set(type.name + " " + target.name, result);
            }
        }
        return node;
    }

    static Time clockAt(long milliseconds) {
        return implement(Time.class, milliseconds);
    }

    // An implementation of which every method answers the same.
    static <T> T implement(Class<T> type, Object answer) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> answer));
    }

    static void control(ControlRecordType type) {
        System.out.println(line("end of transaction: " + type, MemoryRecords.withEndTransactionMarker(31, NOW, 3, 77123456789L,
            (short) 12, new EndTransactionMarker(type, 41))));
    }

    // Records with an even offset are kept; a horizon is set for the tombstone among them, and kept the second time.
    static void compacted(CompressionType codec) {
        MemoryRecords records = build((byte) 2, codec, TimestampType.CREATE_TIME, false, 10, true);
        ObjectNode line = line("compacted " + codec.name, records);
        MemoryRecords once = filter(records, NOW, 2);
        line.set("once", content(once));
        line.set("twice", content(filter(once, NOW + 1000, 4)));
        line.set("emptied", content(filter(once, NOW + 1000, 1000)));
        System.out.println(line);
    }

    static MemoryRecords filter(MemoryRecords records, long now, int modulus) {
        ByteBuffer out = ByteBuffer.allocate(1024);
        var filter = new MemoryRecords.RecordFilter(now, 86400000L) {
            @Override
            protected BatchRetentionResult checkBatchRetention(RecordBatch batch) {
                return new BatchRetentionResult(BatchRetention.RETAIN_EMPTY, false);
            }

            @Override
            protected boolean shouldRetainRecord(RecordBatch batch, Record record) {
                return record.offset() % modulus == 0;
            }
        };
        ByteBuffer result = records.filterTo(PARTITION, filter, out, Integer.MAX_VALUE, BufferSupplier.NO_CACHING).outputBuffer();
        result.flip();
        return MemoryRecords.readableRecords(result);
    }
}
