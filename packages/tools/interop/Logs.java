import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.record.CompressionType;
import org.apache.kafka.common.record.ControlRecordType;
import org.apache.kafka.common.record.EndTransactionMarker;
import org.apache.kafka.common.record.MemoryRecords;
import org.apache.kafka.common.record.MemoryRecordsBuilder;
import org.apache.kafka.common.record.RecordBatch;
import org.apache.kafka.common.record.SimpleRecord;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.utils.Crc32C;
import org.apache.kafka.coordinator.group.generated.GroupMetadataKey;
import org.apache.kafka.coordinator.group.generated.GroupMetadataValue;
import org.apache.kafka.coordinator.group.generated.OffsetCommitKey;
import org.apache.kafka.coordinator.group.generated.OffsetCommitValue;
import org.apache.kafka.coordinator.transaction.generated.TransactionLogKey;
import org.apache.kafka.coordinator.transaction.generated.TransactionLogValue;

/** Writes files of a log, whole and broken, for what kafka-dump-log says of each. */
public class Logs {
    private static final long TIME = 1700000000000L;
    private static Path root;

    private static byte[] utf8(String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    private static SimpleRecord record(String key, String value, Header... headers) {
        return new SimpleRecord(TIME, utf8(key), utf8(value), headers);
    }

    private static ByteBuffer batch(byte magic, long base, CompressionType type, SimpleRecord... records) {
        ByteBuffer buffer = ByteBuffer.allocate(4096);
        MemoryRecordsBuilder builder = MemoryRecords.builder(buffer, magic, Compression.of(type).build(), TimestampType.CREATE_TIME, base);
        for (SimpleRecord each : records) builder.append(each);
        return builder.build().buffer();
    }

    private static ByteBuffer join(ByteBuffer... parts) {
        int size = 0;
        for (ByteBuffer part : parts) size += part.remaining();
        ByteBuffer whole = ByteBuffer.allocate(size);
        for (ByteBuffer part : parts) whole.put(part.duplicate());
        whole.flip();
        return whole;
    }

    private static void write(String name, ByteBuffer bytes) throws IOException {
        Path path = root.resolve(name);
        Files.createDirectories(path.getParent());
        byte[] all = new byte[bytes.remaining()];
        bytes.duplicate().get(all);
        Files.write(path, all);
    }

    private static ByteBuffer longs(Object... values) {
        ByteBuffer buffer = ByteBuffer.allocate(values.length * 8);
        for (Object value : values) {
            if (value instanceof Long) buffer.putLong((Long) value);
            else if (value instanceof Integer) buffer.putInt((Integer) value);
            else buffer.putShort((Short) value);
        }
        buffer.flip();
        return buffer;
    }

    private static ByteBuffer cut(ByteBuffer bytes, int left) {
        ByteBuffer copy = bytes.duplicate();
        copy.limit(copy.position() + left);
        return copy;
    }

    private static ByteBuffer spoilt(ByteBuffer bytes, int at) {
        ByteBuffer copy = join(bytes);
        copy.put(at, (byte) (copy.get(at) ^ 0x55));
        return copy;
    }

    public static void main(String[] args) throws Exception {
        root = new File(args[0]).toPath();
        byte v2 = RecordBatch.MAGIC_VALUE_V2;
        Header header = new RecordHeader("h", utf8("1"));
        SimpleRecord[] three = {record("k", "one"), record(null, "two", header, new RecordHeader("empty", null)), record("k", null)};
        String log = "00000000000000000000.log";

        ByteBuffer[] codecs = new ByteBuffer[5];
        for (CompressionType type : CompressionType.values()) codecs[type.id] = batch(v2, type.id * 3L, type, three);
        write("codecs/" + log, join(codecs));
        ByteBuffer plain = join(
                batch(v2, 0, CompressionType.NONE, three), batch(v2, 3, CompressionType.NONE, three), batch(v2, 6, CompressionType.NONE, three));
        int size = plain.remaining() / 3;

        SimpleRecord[] two = {record("k", "one"), record(null, "two")};
        write("magic0/" + log, join(batch((byte) 0, 0, CompressionType.NONE, two), batch((byte) 0, 2, CompressionType.GZIP, two)));
        write("magic1/" + log, join(batch((byte) 1, 0, CompressionType.NONE, two), batch((byte) 1, 2, CompressionType.SNAPPY, two)));
        write("spoilt1/" + log, spoilt(batch((byte) 1, 0, CompressionType.NONE, two), 30));
        write("mixed/" + log, join(
                batch((byte) 0, 0, CompressionType.NONE, two), batch((byte) 1, 2, CompressionType.NONE, two), batch(v2, 4, CompressionType.NONE, two)));

        MemoryRecords data = MemoryRecords.withTransactionalRecords(0L, Compression.NONE, 7L, (short) 1, 0, 5, record("k", "v"), record(null, "w"));
        ByteBuffer commit =
                MemoryRecords.withEndTransactionMarker(2L, TIME, 5, 7L, (short) 1, new EndTransactionMarker(ControlRecordType.COMMIT, 3)).buffer();
        ByteBuffer abort =
                MemoryRecords.withEndTransactionMarker(3L, TIME, 5, 7L, (short) 1, new EndTransactionMarker(ControlRecordType.ABORT, 4)).buffer();
        write("txn/" + log, join(
                data.buffer(), commit, abort, MemoryRecords.withIdempotentRecords(4L, Compression.of(CompressionType.ZSTD).build(), 8L, (short) 0, 9, 5, record("a", "b")).buffer()));

        write("empty/" + log, ByteBuffer.allocate(0));
        write("zeros/" + log, join(plain, ByteBuffer.allocate(100)));
        write("garbage/" + log, join(plain, ByteBuffer.wrap(utf8("this is not a batch of records at all, it is a line of text"))));
        write("cut/" + log, cut(plain, plain.remaining() - 5));
        write("cuthead/" + log, cut(plain, size + 8));
        write("crc/" + log, spoilt(plain, size + 80));
        write("magic9/" + log, spoilt(plain, size + 16));
        write("gap/" + log, join(batch(v2, 0, CompressionType.NONE, three), batch(v2, 5, CompressionType.NONE, three)));
        write("back/" + log, join(batch(v2, 5, CompressionType.NONE, three), batch(v2, 0, CompressionType.NONE, three)));
        write("later/00000000000000000100.log", batch(v2, 100, CompressionType.NONE, three));
        write("badname/x.log", plain);
        write("badname/noext", plain);
        write("badname/.log", plain);

        String index = "00000000000000000000.index";
        String time = "00000000000000000000.timeindex";
        for (String folder : new String[] {"good", "wrong", "order", "odd", "noindexed", "padded"}) write(folder + "/" + log, plain);
        write("good/" + index, longs(5, size, 8, 2 * size));
        write("good/" + time, longs(TIME, 5, TIME + 1, 8));
        write("wrong/" + index, longs(4, size, 8, 2 * size));
        write("wrong/" + time, longs(TIME + 5, 5, TIME + 9, 8));
        write("order/" + index, longs(8, 2 * size, 5, size));
        write("order/" + time, longs(TIME, 8, TIME - 1, 5));
        write("odd/" + index, join(longs(5, size), ByteBuffer.wrap(new byte[3])));
        write("odd/" + time, join(longs(TIME, 5), ByteBuffer.wrap(new byte[3])));
        write("noindexed/" + index, longs(2, 0, 7, 2 * size));
        write("noindexed/" + time, longs(TIME, 7));
        write("padded/" + index, join(longs(5, size), ByteBuffer.allocate(64)));
        write("padded/" + time, join(longs(TIME, 5), ByteBuffer.allocate(48)));
        write("alone/" + index, longs(5, size));
        write("alone/" + time, longs(TIME, 5));
        write("hollow/" + log, plain);
        write("hollow/" + index, ByteBuffer.allocate(0));
        write("hollow/" + time, ByteBuffer.allocate(0));
        write("beyond/" + log, plain);
        write("beyond/" + index, longs(5, 100000));
        write("beyond/" + time, longs(TIME, 50));

        String aborted = "00000000000000000000.txnindex";
        write("aborted/" + aborted, longs((short) 0, 1L, 0L, 5L, 6L, (short) 0, 2L, 7L, 9L, 10L));
        write("abortedcut/" + aborted, longs((short) 0, 1L, 0L, 5L));
        write("abortedversion/" + aborted, longs((short) 1, 1L, 0L, 5L, 6L));
        write("abortedback/" + aborted, longs((short) 0, 1L, 0L, 9L, 6L, (short) 0, 2L, 1L, 5L, 10L));
        write("abortedempty/" + aborted, ByteBuffer.allocate(0));

        snapshots();
        stored(log);
    }

    /** A snapshot of producers; that which stands after the checksum's end is what it is of. */
    private static ByteBuffer snapshot(short version, Object... entries) {
        ByteBuffer rest = join(longs(entries.length / 8), longs(entries));
        long crc = Crc32C.compute(rest, 0, rest.remaining());
        return join(longs(version, (int) crc), rest);
    }

    private static void snapshots() throws IOException {
        String name = "00000000000000000009.snapshot";
        ByteBuffer good = snapshot((short) 1, 7L, (short) 1, 4, 8L, 2, TIME, 3, -1L, 9L, (short) 0, 1, 3L, 0, TIME, -1, 2L);
        write("producers/" + name, good);
        write("producersnone/" + name, snapshot((short) 1));
        write("producersidle/" + name, snapshot((short) 1, 7L, (short) 1, -1, -1L, 0, TIME, 3, -1L));
        write("producerswrap/" + name, snapshot((short) 1, 7L, (short) 1, 1, 9L, 4, TIME, 3, -1L));
        write("producersversion/" + name, snapshot((short) 2));
        write("producerscrc/" + name, spoilt(good, 20));
        write("producerscut/" + name, cut(good, 40));
        write("producersempty/" + name, ByteBuffer.allocate(0));
        write("producersshort/" + name, cut(good, 5));
    }

    /** What coordinators store, in every version, and what only looks like it. */
    private static void stored(String log) throws IOException {
        SimpleRecord[] records = new SimpleRecord[18];
        int at = 0;
        OffsetCommitKey key = new OffsetCommitKey().setGroup("g").setTopic("t").setPartition(3);
        for (short version = 0; version <= 3; version++) {
            OffsetCommitValue value = new OffsetCommitValue().setOffset(5).setMetadata("m").setCommitTimestamp(TIME);
            if (version == 1) value.setExpireTimestamp(TIME + 1);
            if (version == 3) value.setLeaderEpoch(2);
            records[at++] = of((short) (version % 2), key, version, value);
        }
        records[at++] = of((short) 1, key, (short) 0, null);
        GroupMetadataKey group = new GroupMetadataKey().setGroup("g");
        byte[] subscription = bytes(ConsumerProtocol.serializeSubscription(new ConsumerPartitionAssignor.Subscription(Arrays.asList("t", "u"))));
        byte[] assignment =
                bytes(ConsumerProtocol.serializeAssignment(new ConsumerPartitionAssignor.Assignment(Collections.singletonList(new TopicPartition("t", 1)))));
        for (short version = 0; version <= 4; version++) {
            GroupMetadataValue.MemberMetadata member = new GroupMetadataValue.MemberMetadata()
                    .setMemberId("m")
                    .setClientId("c")
                    .setClientHost("/127.0.0.1")
                    .setSessionTimeout(10)
                    .setSubscription(subscription)
                    .setAssignment(assignment);
            if (version >= 1) member.setRebalanceTimeout(20);
            if (version >= 3) member.setGroupInstanceId("i");
            GroupMetadataValue value = new GroupMetadataValue()
                    .setProtocolType(version == 4 ? "connect" : "consumer")
                    .setGeneration(2)
                    .setProtocol("range")
                    .setLeader("m")
                    .setMembers(Collections.singletonList(member));
            if (version >= 2) value.setCurrentStateTimestamp(TIME);
            records[at++] = of((short) 2, group, version, value);
        }
        records[at++] = of((short) 2, group, (short) 0, null);
        records[at++] = record("x", "y");
        records[at++] = record(null, "no key");
        records[at++] = new SimpleRecord(TIME, new byte[] {0, 9, 1}, new byte[] {0, 0});
        records[at++] = new SimpleRecord(TIME, new byte[] {0, 1}, new byte[] {0, 0});
        records[at++] = new SimpleRecord(TIME, bytes(MessageUtil.toVersionPrefixedByteBuffer((short) 1, key)), new byte[] {0, 9});
        records[at++] = new SimpleRecord(TIME, bytes(MessageUtil.toVersionPrefixedByteBuffer((short) 2, group)), new byte[] {0, 1, 0});
        records[at++] = new SimpleRecord(TIME, bytes(MessageUtil.toVersionPrefixedByteBuffer((short) 1, key)), new byte[] {1});
        write("offsets/" + log, batch(RecordBatch.MAGIC_VALUE_V2, 0, CompressionType.NONE, Arrays.copyOf(records, 12)));
        for (int odd = 12; odd < records.length; odd++) {
            write("odd" + odd + "/" + log, batch(RecordBatch.MAGIC_VALUE_V2, 0, CompressionType.NONE, records[odd]));
        }

        TransactionLogKey id = new TransactionLogKey().setTransactionalId("x");
        SimpleRecord[] states = new SimpleRecord[10];
        for (byte state = 0; state < 8; state++) {
            TransactionLogValue value = new TransactionLogValue()
                    .setProducerId(7)
                    .setProducerEpoch((short) 1)
                    .setTransactionTimeoutMs(60000)
                    .setTransactionStatus(state)
                    .setTransactionStartTimestampMs(TIME)
                    .setTransactionLastUpdateTimestampMs(TIME + 1);
            value
                    .setTransactionPartitions(state == 0 ? null : Arrays.asList(new TransactionLogValue.PartitionsSchema()
                    .setTopic("t")
                    .setPartitionIds(Arrays.asList(0, 2, 1)), new TransactionLogValue.PartitionsSchema()
                    .setTopic("u")
                    .setPartitionIds(Arrays.asList(0))));
            states[state] = of((short) 0, id, (short) (state % 2), value);
        }
        states[8] = of((short) 0, id, (short) 0, null);
        states[9] = record("x", "y");
        write("states/" + log, batch(RecordBatch.MAGIC_VALUE_V2, 0, CompressionType.NONE, Arrays.copyOf(states, 9)));
        write("statesodd/" + log, batch(RecordBatch.MAGIC_VALUE_V2, 0, CompressionType.NONE, states[9]));
    }

    private static SimpleRecord of(short keyVersion, Message key, short version, Message value) {
        byte[] bytes = value == null ? null : bytes(MessageUtil.toVersionPrefixedByteBuffer(version, value));
        return new SimpleRecord(TIME, bytes(MessageUtil.toVersionPrefixedByteBuffer(keyVersion, key)), bytes);
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] all = new byte[buffer.remaining()];
        buffer.duplicate().get(all);
        return all;
    }
}
