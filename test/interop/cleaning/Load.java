import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Fills compacted topics (`write BOOTSTRAP`; those that are there: `more BOOTSTRAP`), and prints what a read_committed consumer finds there (`read BOOTSTRAP`). */
public class Load {
    static final String[] CODECS = {"none", "gzip", "snappy", "lz4", "zstd"};
    static final int ROUNDS = 60;
    static final int KEYS = 40;
    static final Random random = new Random(17);

    static Properties common(String bootstrap) {
        Properties props = new Properties();
        props.put("bootstrap.servers", bootstrap);
        props.put("key.serializer", StringSerializer.class.getName());
        props.put("value.serializer", StringSerializer.class.getName());
        props.put("key.deserializer", StringDeserializer.class.getName());
        props.put("value.deserializer", StringDeserializer.class.getName());
        return props;
    }

    static KafkaProducer<String, String> producer(String bootstrap, String codec, String transactionalId) {
        Properties props = common(bootstrap);
        props.put("compression.type", codec);
        props.put("linger.ms", "2");
        if (transactionalId != null) props.put("transactional.id", transactionalId);
        return new KafkaProducer<>(props);
    }

    static ProducerRecord<String, String> next(String topic, int i) {
        String value = random.nextInt(5) == 0 ? null : i + "-" + "v".repeat(random.nextInt(80));
        ProducerRecord<String, String> record = new ProducerRecord<>(topic, 0, "k" + random.nextInt(KEYS), value);
        if (random.nextInt(3) == 0) record.headers().add(new RecordHeader("h", random.nextBoolean() ? null : new byte[] {1, 2}));
        return record;
    }

    static void plain(String bootstrap, String codec) {
        try (KafkaProducer<String, String> producer = producer(bootstrap, codec, null)) {
            for (int round = 0; round < ROUNDS; round++) {
                for (int i = 1 + random.nextInt(20); i > 0; i--) producer.send(next("plain-" + codec, round));
                producer.flush();
            }
        }
    }

    static void transactions(String bootstrap, String codec) {
        List<KafkaProducer<String, String>> producers = new ArrayList<>();
        for (int id = 0; id < 3; id++) {
            producers.add(producer(bootstrap, codec, "txn-" + codec + "-" + id));
            producers.get(id).initTransactions();
        }
        boolean[] open = new boolean[producers.size()];
        for (int round = 0; round < 3 * ROUNDS; round++) {
            int id = random.nextInt(producers.size());
            KafkaProducer<String, String> producer = producers.get(id);
            if (!open[id]) producer.beginTransaction();
            open[id] = true;
            for (int i = random.nextInt(6); i > 0; i--) producer.send(next("txn-" + codec, round));
            producer.flush();
            if (random.nextInt(4) == 0)
                producer.sendOffsetsToTransaction(Map.of(new TopicPartition("txn-" + codec, 0), new OffsetAndMetadata(round)), new ConsumerGroupMetadata("group-" + random.nextInt(4)));
            if (random.nextInt(3) == 0) continue;
            if (random.nextInt(3) == 0) producer.abortTransaction();
            else producer.commitTransaction();
            open[id] = false;
        }
        // One stays open: it bounds what may be cleaned.
        if (!open[0]) producers.get(0).beginTransaction();
        producers.get(0).send(next("txn-" + codec, 0));
        producers.get(0).flush();
        for (int id = 1; id < producers.size(); id++) {
            if (open[id]) producers.get(id).commitTransaction();
            for (int i = 0; i < 5; i++) {
                producers.get(id).beginTransaction();
                for (int j = 0; j < 30; j++) producers.get(id).send(next("txn-" + codec, j));
                producers.get(id).commitTransaction();
            }
        }
        // Not closed: that would abort.
    }

    static void write(String bootstrap) throws Exception {
        List<NewTopic> topics = new ArrayList<>();
        for (String codec : CODECS)
            for (String kind : new String[] {"plain-", "txn-"}) topics.add(new NewTopic(kind + codec, 1, (short) 1));
        try (Admin admin = Admin.create(common(bootstrap))) {
            admin.createTopics(topics).all().get();
        }
        more(bootstrap);
    }

    /** What was left open before is aborted with the first one that initialises its id. */
    static void more(String bootstrap) {
        for (String codec : CODECS) {
            plain(bootstrap, codec);
            transactions(bootstrap, codec);
        }
    }

    static void read(String bootstrap) throws Exception {
        Properties props = common(bootstrap);
        props.put("isolation.level", "read_committed");
        props.put("auto.offset.reset", "earliest");
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(props)) {
            List<TopicPartition> partitions = new ArrayList<>();
            for (String codec : CODECS)
                for (String kind : new String[] {"plain-", "txn-"}) partitions.add(new TopicPartition(kind + codec, 0));
            consumer.assign(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            TreeSet<String> lines = new TreeSet<>();
            while (partitions.stream().anyMatch(partition -> consumer.position(partition) < ends.get(partition)))
                for (ConsumerRecord<String, String> r : consumer.poll(Duration.ofMillis(100)))
                    lines.add(String.format("%s %08d %s=%s %s", r.topic(), r.offset(), r.key(), r.value(), r.headers().toArray().length));
            lines.forEach(System.out::println);
        }
    }

    public static void main(String[] args) throws Exception {
        switch (args[0]) {
            case "write" -> write(args[1]);
            case "more" -> {
                random.setSeed(18);
                more(args[1]);
            }
            default -> read(args[1]);
        }
        System.out.flush();
        Runtime.getRuntime().halt(0);
    }
}
