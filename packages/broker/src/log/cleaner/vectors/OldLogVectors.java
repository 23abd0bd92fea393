import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Locale;
import java.util.Properties;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import kafka.log.Cleaner;
import kafka.log.LogToClean;
import kafka.log.UnifiedLog;
import kafka.server.BrokerTopicStats;
import org.apache.kafka.common.compress.Compression;
import kafka.common.LogCleaningAbortedException;
import org.apache.kafka.common.record.ControlRecordType;
import org.apache.kafka.common.record.CompressionType;
import org.apache.kafka.common.record.EndTransactionMarker;
import org.apache.kafka.common.record.FileRecords;
import org.apache.kafka.common.record.LegacyRecord;
import org.apache.kafka.common.record.MemoryRecords;
import org.apache.kafka.common.record.MemoryRecordsBuilder;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.common.utils.ByteBufferOutputStream;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.LogDirFailureChannel;
import org.apache.kafka.storage.internals.log.LogOffsetsListener;
import org.apache.kafka.storage.internals.log.LogSegment;
import org.apache.kafka.storage.internals.log.ProducerStateManagerConfig;
import org.apache.kafka.storage.internals.log.SkimpyOffsetMap;
import org.apache.kafka.storage.internals.utils.Throttler;
import scala.Option;

/**
 * What Apache Kafka makes of logs that brokers of long ago have left: segments whose offsets are too far apart for their
 * indexes (KAFKA-6264), loaded after an unclean shutdown or cleaned, and wrappers around messages of another format
 * (KAFKA-4298), cleaned. For each the folder before and after every step, as one line of JSON.
 *
 *     javac -cp 'LIBS/*' *.java && java -cp 'LIBS/*:.' OldLogVectors > old-logs.jsonl
 */
public class OldLogVectors {
    static final long FAR = 1L << 31;

    enum Format { V2, V0, V1, V1_GZIP, TRANSACTIONAL, MIXED }

    final Random random;
    final Format format;
    final CleanerVectors.FixedTime time = new CleanerVectors.FixedTime();
    final File dir;
    int sequence = 0;

    OldLogVectors(Format format, long seed) throws Exception {
        random = new Random(seed);
        this.format = format;
        dir = new File(Files.createTempDirectory("old-log-vectors").toFile(), "t-0");
        dir.mkdirs();
    }

    UnifiedLog open(boolean clean) throws Exception {
        Properties props = new Properties();
        props.put("cleanup.policy", "compact");
        props.put("segment.bytes", "3000");
        props.put("segment.index.bytes", "2400");
        props.put("index.interval.bytes", "200");
        props.put("delete.retention.ms", "10000");
        return UnifiedLog.apply(dir, new LogConfig(props), 0L, 0L, new CleanerVectors.NoScheduler(), new BrokerTopicStats(false), time, 300000,
            new ProducerStateManagerConfig(86400000, false), 600000, new LogDirFailureChannel(1), clean, Option.empty(), true,
            new ConcurrentHashMap<>(), false, LogOffsetsListener.NO_OP_OFFSETS_LISTENER);
    }

    byte[] key() { return ("k" + random.nextInt(12)).getBytes(); }

    byte[] value() {
        if (random.nextInt(6) == 0) return null;
        byte[] value = new byte[random.nextInt(60)];
        Arrays.fill(value, (byte) ('a' + random.nextInt(26)));
        return value;
    }

    MemoryRecords batch(long offset, int count) throws Exception {
        if (format == Format.MIXED && random.nextInt(3) > 0) return mixed(offset, count);
        byte magic = (byte) (format == Format.V0 ? 0 : format == Format.V1 || format == Format.V1_GZIP || format == Format.MIXED ? 1 : 2);
        Compression codec = Compression.of(format == Format.V1_GZIP ? CompressionType.GZIP : CompressionType.NONE).build();
        boolean transactional = format == Format.TRANSACTIONAL;
        MemoryRecordsBuilder b = MemoryRecords.builder(ByteBuffer.allocate(1 << 14), magic, codec, TimestampType.CREATE_TIME, offset, time.nowMs,
            transactional ? 9L : -1L, (short) (transactional ? 0 : -1), transactional ? sequence : -1, transactional, magic == 2 ? 3 : -1);
        for (int i = 0; i < count; i++) b.appendWithOffset(offset + i, time.nowMs += random.nextInt(100), key(), value());
        sequence += count;
        return b.build();
    }

    /** A wrapper of one format around messages of any. */
    MemoryRecords mixed(long offset, int count) throws Exception {
        byte outer = (byte) random.nextInt(2);
        CompressionType type = new CompressionType[] {CompressionType.GZIP, CompressionType.SNAPPY, CompressionType.LZ4}[random.nextInt(3)];
        TimestampType stamped = outer == 1 && random.nextInt(3) == 0 ? TimestampType.LOG_APPEND_TIME : outer == 1 ? TimestampType.CREATE_TIME : TimestampType.NO_TIMESTAMP_TYPE;
        ByteBufferOutputStream inner = new ByteBufferOutputStream(1 << 14);
        try (OutputStream out = Compression.of(type).build().wrapForOutput(inner, outer)) {
            for (int i = 0; i < count; i++) {
                byte magic = (byte) random.nextInt(2);
                long timestamp = magic == 0 ? -1 : time.nowMs + random.nextInt(50);
                byte[] key = key(), value = value();
                LegacyRecord record = LegacyRecord.create(magic, timestamp, key, value, CompressionType.NONE,
                    magic == 0 ? TimestampType.NO_TIMESTAMP_TYPE : TimestampType.CREATE_TIME);
                out.write(entry(outer == 1 ? i : offset + i, record));
            }
        }
        ByteBuffer value = inner.buffer();
        value.flip();
        byte[] bytes = new byte[value.remaining()];
        value.get(bytes);
        LegacyRecord wrapper = LegacyRecord.create(outer, outer == 0 ? -1 : time.nowMs, null, bytes, type, stamped);
        return MemoryRecords.readableRecords(ByteBuffer.wrap(entry(offset + count - 1, wrapper)));
    }

    static byte[] entry(long offset, LegacyRecord record) {
        ByteBuffer b = ByteBuffer.allocate(12 + record.sizeInBytes());
        b.putLong(offset).putInt(record.sizeInBytes()).put(record.buffer().duplicate());
        return b.array();
    }

    MemoryRecords marker(long offset) {
        ControlRecordType type = random.nextBoolean() ? ControlRecordType.COMMIT : ControlRecordType.ABORT;
        return MemoryRecords.withEndTransactionMarker(offset, time.nowMs, 3, 9L, (short) 0, new EndTransactionMarker(type, 7));
    }

    /** A segment's file, with indexes that say nothing; returns the next offset. */
    long segment(long base, long first, int batches, int farEach) throws Exception {
        String name = String.format("%020d", base);
        long next = first;
        try (FileRecords file = FileRecords.open(new File(dir, name + ".log"))) {
            for (int i = 0; i < batches; i++) {
                int count = 1 + random.nextInt(4);
                if (farEach > 0 && i > 0 && i % farEach == 0) {
                    // Just what an index can express, and just not.
                    long edge = base + FAR * (i / farEach) - count;
                    next = Math.max(next, random.nextBoolean() ? edge : edge + 1);
                }
                file.append(batch(next, count));
                next += count;
                if (format == Format.TRANSACTIONAL && random.nextInt(3) == 0) file.append(marker(next++));
            }
            file.flush();
        }
        new File(dir, name + ".index").createNewFile();
        new File(dir, name + ".timeindex").createNewFile();
        new File(dir, name + ".log").setLastModified(time.nowMs - 100_000);
        return next;
    }

    /** @param late by how much the first offset of the segment that is too wide lies above its name's */
    void write(long late) throws Exception {
        long next = segment(0, 0, 3, 0);
        next = segment(next, next + late, 24, format == Format.MIXED ? 0 : 6);
        segment(next, next, 2, 0);
    }

    /** The files as they are before a log is made of them. */
    String raw() throws Exception {
        StringBuilder json = new StringBuilder("{");
        File[] files = dir.listFiles();
        Arrays.sort(files);
        for (File file : files) {
            json.append(json.length() > 1 ? "," : "").append('"').append(file.getName()).append("\":[\"")
                .append(CleanerVectors.base64(Files.readAllBytes(file.toPath()))).append("\",").append(file.lastModified()).append("]");
        }
        return json.append("}").toString();
    }

    void run(String mode, long late) throws Exception {
        write(late);
        String before = raw();
        StringBuilder steps = new StringBuilder();
        UnifiedLog log = open(mode.equals("clean"));
        if (mode.equals("load")) steps.append(CleanerVectors.folder(log));
        else {
            log.updateHighWatermark(log.logEndOffset());
            for (int round = 0; ; round++) {
                java.util.Iterator<LogSegment> it = log.logSegments().iterator();
                while (it.hasNext()) {
                    LogSegment segment = it.next();
                    segment.offsetIndex();
                    segment.timeIndex();
                }
                Cleaner cleaner = new Cleaner(0, new SkimpyOffsetMap(24 * 500), 1 << 12, 1 << 20, 0.9,
                    new Throttler(Double.MAX_VALUE, 300, "t", "bytes", time), time, partition -> null);
                boolean done = true;
                try {
                    cleaner.doClean(new LogToClean(CleanerVectors.PARTITION, log, 0, log.activeSegment().baseOffset(), false), time.nowMs);
                } catch (LogCleaningAbortedException e) {
                    done = false;
                }
                if (round > 0) steps.append(',');
                steps.append(CleanerVectors.folder(log));
                if (done) break;
            }
        }
        System.out.printf("{\"name\":\"%s-%s-%d\",\"mode\":\"%s\",\"nowMs\":%d,\"before\":%s,\"steps\":[%s]}\n",
            mode, format.name().toLowerCase(Locale.ROOT), late, mode, time.nowMs, before, steps);
    }

    public static void main(String[] args) throws Exception {
        long seed = 1;
        for (Format format : Format.values()) {
            for (long late : new long[] {0, 9, FAR + 3}) {
                if (format != Format.MIXED) new OldLogVectors(format, seed++).run("load", late);
                if (format != Format.TRANSACTIONAL) new OldLogVectors(format, seed++).run("clean", late);
            }
        }
        System.exit(0);
    }
}
