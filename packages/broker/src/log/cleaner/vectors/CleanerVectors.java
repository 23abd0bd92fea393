import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledFuture;
import java.util.function.Supplier;
import kafka.log.Cleaner;
import kafka.log.LogToClean;
import kafka.log.UnifiedLog;
import kafka.server.BrokerTopicStats;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.CompressionType;
import org.apache.kafka.common.record.ControlRecordType;
import org.apache.kafka.common.record.EndTransactionMarker;
import org.apache.kafka.common.record.MemoryRecords;
import org.apache.kafka.common.record.MemoryRecordsBuilder;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.server.util.Scheduler;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.LogDirFailureChannel;
import org.apache.kafka.storage.internals.log.LogOffsetsListener;
import org.apache.kafka.storage.internals.log.LogSegment;
import org.apache.kafka.storage.internals.log.ProducerStateManagerConfig;
import org.apache.kafka.storage.internals.log.SkimpyOffsetMap;
import org.apache.kafka.storage.internals.utils.Throttler;
import scala.Option;

/**
 * What Apache Kafka's cleaner makes of logs: for each cleaning the folder before and after it, as one line of JSON.
 *
 *     java -cp 'LIBS/*:.' CleanerVectors > cleanings.jsonl
 */
public class CleanerVectors {
    static final long START_MS = 1_700_000_000_000L;
    static final int RETENTION_MS = 10_000;
    static final TopicPartition PARTITION = new TopicPartition("t", 0);

    static class FixedTime implements Time {
        long nowMs = START_MS;
        public long milliseconds() { return nowMs; }
        public long nanoseconds() { return nowMs * 1_000_000; }
        public void sleep(long ms) { nowMs += ms; }
        public void waitObject(Object o, Supplier<Boolean> c, long d) { throw new UnsupportedOperationException(); }
    }

    /** Deletions never come. */
    static class NoScheduler implements Scheduler {
        public void startup() {}
        public void shutdown() {}
        public ScheduledFuture<?> schedule(String name, Runnable task, long delay, long period) { return null; }
        public void resizeThreadPool(int size) {}
    }

    enum Kind { PLAIN, TRANSACTIONAL, LEGACY }

    final Random random;
    final Kind kind;
    final String name;
    final FixedTime time = new FixedTime();
    final File dir;
    final UnifiedLog log;
    final boolean compressed;
    long next = 0;
    final Map<Long, Integer> sequences = new HashMap<>();
    final Map<Long, Boolean> open = new HashMap<>();
    final Map<Long, Short> epochs = new HashMap<>();

    CleanerVectors(String name, Kind kind, boolean compressed, long seed) throws Exception {
        this.name = name;
        this.kind = kind;
        this.compressed = compressed;
        random = new Random(seed);
        dir = new File(Files.createTempDirectory("cleaner-vectors").toFile(), "t-0");
        dir.mkdirs();
        Properties props = new Properties();
        props.put("cleanup.policy", "compact");
        props.put("segment.bytes", "3000");
        props.put("segment.index.bytes", "2400");
        props.put("index.interval.bytes", "200");
        props.put("delete.retention.ms", "" + RETENTION_MS);
        log = UnifiedLog.apply(dir, new LogConfig(props), 0L, 0L, new NoScheduler(), new BrokerTopicStats(false), time, 300000,
            new ProducerStateManagerConfig(86400000, false), 600000, new LogDirFailureChannel(1), true, Option.empty(), true,
            new ConcurrentHashMap<>(), false, LogOffsetsListener.NO_OP_OFFSETS_LISTENER);
    }

    Compression codec() {
        if (!compressed) return Compression.NONE;
        CompressionType[] all = kind == Kind.LEGACY
            ? new CompressionType[] {CompressionType.GZIP, CompressionType.SNAPPY, CompressionType.LZ4}
            : CompressionType.values();
        return Compression.of(all[random.nextInt(all.length)]).build();
    }

    void add(MemoryRecordsBuilder b, int count, long now) {
        for (int i = 0; i < count; i++) {
            byte[] key = random.nextInt(25) == 0 ? null : ("k" + random.nextInt(30)).getBytes();
            byte[] value = random.nextInt(4) == 0 ? null : new byte[random.nextInt(60)];
            if (value != null) Arrays.fill(value, (byte) ('a' + random.nextInt(26)));
            b.appendWithOffset(next++, now - random.nextInt(500), key, value);
            // A leader leaves no gaps, an earlier cleaning does.
            if (kind != Kind.LEGACY && random.nextInt(30) == 0) next += random.nextInt(3);
        }
    }

    void append(MemoryRecords records) {
        log.appendAsFollower(records, Integer.MAX_VALUE);
        next = log.logEndOffset();
        log.updateHighWatermark(next);
    }

    void batch() {
        time.nowMs += random.nextInt(200);
        int count = 1 + random.nextInt(6);
        ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
        TimestampType type = random.nextInt(4) == 0 ? TimestampType.LOG_APPEND_TIME : TimestampType.CREATE_TIME;
        if (kind == Kind.LEGACY) {
            byte magic = (byte) random.nextInt(2);
            if (magic == 0) type = TimestampType.CREATE_TIME;
            if (random.nextInt(6) == 0) magic = 2;
            MemoryRecordsBuilder b = MemoryRecords.builder(buffer, magic, codec(), type, next, time.nowMs, -1L, (short) -1, -1, false, magic == 2 ? 3 : -1);
            add(b, count, time.nowMs);
            append(b.build());
            return;
        }
        long pid = -1;
        short epoch = -1;
        int sequence = -1;
        boolean transactional = false;
        if (kind == Kind.TRANSACTIONAL && random.nextInt(5) > 0) {
            pid = 1000 + random.nextInt(5);
            transactional = pid > 1000;
            epoch = epochs.computeIfAbsent(pid, p -> (short) 0);
            sequence = sequences.getOrDefault(pid, 0);
            if (transactional) open.put(pid, true);
        }
        MemoryRecordsBuilder b = MemoryRecords.builder(buffer, (byte) 2, codec(), type, next, time.nowMs, pid, epoch, sequence, transactional, 3);
        long first = next;
        add(b, count, time.nowMs);
        MemoryRecords records = b.build();
        if (pid >= 0) sequences.put(pid, sequence + (int) (records.batches().iterator().next().lastOffset() - first) + 1);
        append(records);
    }

    void marker() {
        if (open.isEmpty()) return;
        List<Long> pids = new ArrayList<>(new TreeMap<>(open).keySet());
        long pid = pids.get(random.nextInt(pids.size()));
        open.remove(pid);
        short epoch = epochs.get(pid);
        // As the coordinator does where it ends what its producer left open.
        if (random.nextInt(6) == 0) {
            epoch++;
            epochs.put(pid, epoch);
            sequences.put(pid, 0);
        }
        ControlRecordType type = random.nextBoolean() ? ControlRecordType.COMMIT : ControlRecordType.ABORT;
        append(MemoryRecords.withEndTransactionMarker(next, time.nowMs, 3, pid, epoch, new EndTransactionMarker(type, 7)));
    }

    static String base64(byte[] bytes) { return Base64.getEncoder().encodeToString(bytes); }

    /** All segments, each file at its logical size. */
    static String folder(UnifiedLog log) throws IOException {
        File dir = log.dir();
        Map<String, String> files = new TreeMap<>();
        List<LogSegment> segments = new ArrayList<>();
        java.util.Iterator<LogSegment> it = log.logSegments().iterator();
        while (it.hasNext()) segments.add(it.next());
        for (LogSegment segment : segments) {
            segment.offsetIndex().flush();
            segment.timeIndex().flush();
            segment.log().flush();
            String base = String.format("%020d", segment.baseOffset());
            put(dir, files, base + ".log", Long.MAX_VALUE, segment.lastModified());
            put(dir, files, base + ".index", segment.offsetIndex().sizeInBytes(), 0);
            put(dir, files, base + ".timeindex", segment.timeIndex().sizeInBytes(), 0);
            put(dir, files, base + ".txnindex", Long.MAX_VALUE, 0);
        }
        for (File file : dir.listFiles())
            if (file.getName().endsWith(".snapshot")) put(dir, files, file.getName(), Long.MAX_VALUE, 0);
        StringBuilder json = new StringBuilder("{");
        files.forEach((file, content) -> json.append(json.length() > 1 ? "," : "").append('"').append(file).append("\":").append(content));
        return json.append("}").toString();
    }

    static void put(File dir, Map<String, String> files, String name, long size, long modifiedMs) throws IOException {
        File file = new File(dir, name);
        if (!file.exists()) return;
        byte[] bytes = Files.readAllBytes(file.toPath());
        if (bytes.length > size) bytes = Arrays.copyOf(bytes, (int) size);
        files.put(name, "[\"" + base64(bytes) + "\"," + modifiedMs + "]");
    }

    void run(int rounds) throws Exception {
        long firstDirty = 0;
        for (int round = 0; round < rounds; round++) {
            int batches = 6 + random.nextInt(14);
            for (int i = 0; i < batches; i++) {
                batch();
                if (kind == Kind.TRANSACTIONAL && random.nextInt(3) == 0) marker();
                if (random.nextInt(8) == 0) log.roll(Option.empty());
            }
            log.roll(Option.empty());
            java.util.Iterator<LogSegment> it = log.logSegments().iterator();
            long modified = time.nowMs - 40_000;
            List<LogSegment> segments = new ArrayList<>();
            while (it.hasNext()) segments.add(it.next());
            for (LogSegment segment : segments) {
                // Indexes are files from their first use on.
                segment.offsetIndex();
                segment.timeIndex();
                segment.setLastModified(modified += 1_000 + random.nextInt(9_000));
            }
            // Where a map was full within a segment, Apache takes a transaction of its clean part for one that goes on.
            boolean small = kind != Kind.TRANSACTIONAL && random.nextInt(3) == 0;
            int mapBytes = small ? 24 * (3 + random.nextInt(20)) : 24 * 500;
            int ioBytes = random.nextInt(2) == 0 ? 100 + random.nextInt(2000) : 1 << 18;
            long bound = Math.min(log.lastStableOffset(), log.activeSegment().baseOffset());
            String before = folder(log);
            long nowMs = time.nowMs;
            Cleaner cleaner = new Cleaner(0, new SkimpyOffsetMap(mapBytes), ioBytes, 1 << 20, 0.9,
                new Throttler(Double.MAX_VALUE, 300, "t", "bytes", time), time, partition -> null);
            LogToClean toClean = new LogToClean(PARTITION, log, firstDirty, Math.max(bound, firstDirty), false);
            if (toClean.cleanableBytes() == 0) continue;
            long endOffset = (Long) cleaner.doClean(toClean, nowMs)._1();
            System.out.printf(
                "{\"name\":\"%s-%d\",\"nowMs\":%d,\"checkpoint\":%d,\"highWatermark\":%d,\"mapBytes\":%d,\"ioBytes\":%d,\"endOffset\":%d,\"cleanableBytes\":%d,\"before\":%s,\"after\":%s}\n",
                name, round, nowMs, firstDirty, next, mapBytes, ioBytes, endOffset, toClean.cleanableBytes(), before, folder(log));
            firstDirty = endOffset;
            time.nowMs += random.nextInt(2 * RETENTION_MS);
        }
    }

    public static void main(String[] args) throws Exception {
        int seeds = args.length > 0 ? Integer.parseInt(args[0]) : 2;
        for (int seed = 1; seed <= seeds; seed++) {
            for (Kind kind : Kind.values()) {
                for (boolean compressed : new boolean[] {false, true}) {
                    String name = kind.name().toLowerCase() + (compressed ? "-compressed-" : "-") + seed;
                    new CleanerVectors(name, kind, compressed, seed).run(5);
                }
            }
        }
        System.exit(0);
    }
}
