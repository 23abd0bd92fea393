package example;

import java.io.FileWriter;
import java.io.IOException;
import java.util.*;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.connector.ConnectRecord;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.errors.*;
import org.apache.kafka.connect.sink.*;
import org.apache.kafka.connect.source.*;
import org.apache.kafka.connect.storage.StringConverter;
import org.apache.kafka.connect.transforms.Transformation;

// Connectors that fail as they are told to, for comparisons; awkward.js is the same for our worker.
public class Awkward extends SourceConnector {
  static final ConfigDef NONE = new ConfigDef();
  Map<String, String> props;
  public String version() { return "1"; }
  public ConfigDef config() { return NONE; }
  public void start(Map<String, String> props) {
    this.props = props;
    if ("start".equals(props.get("throws"))) throw new IllegalStateException("would not start");
  }
  public Class<? extends Task> taskClass() { return AwkwardTask.class; }
  public void stop() { }

  @SuppressWarnings({"unchecked", "rawtypes"})
  public List<Map<String, String>> taskConfigs(int most) {
    switch (props.getOrDefault("configs", "one")) {
      case "null": return null;
      case "none": return List.of();
      case "throw": throw new IllegalStateException("no task configs");
      case "nulls": return Arrays.asList((Map<String, String>) null);
      case "number": { Map odd = new HashMap(props); odd.put("n", 5); return (List) List.of(odd); }
      case "nullvalue": { Map<String, String> odd = new HashMap<>(props); odd.put("n", null); return List.of(odd); }
      case "many": return Collections.nCopies(most + 1, props);
      default: return List.of(props);
    }
  }

  /** Sends the texts of `records` once. */
  public static class AwkwardTask extends SourceTask {
    Map<String, String> props;
    int next = 0;
    int failures = 0;
    public String version() { return "1"; }
    public void start(Map<String, String> props) {
      this.props = props;
      if ("task".equals(props.get("throws"))) throw new IllegalStateException("task would not start");
    }
    public List<SourceRecord> poll() throws InterruptedException {
      String how = props.getOrDefault("poll", "");
      if (how.equals("throw")) throw new IllegalStateException("nothing to poll");
      if (how.equals("retriable") && failures++ < 2) throw new RetriableException("not yet");
      String[] texts = props.get("records").split(",");
      if (next == texts.length) { Thread.sleep(100); return null; }
      Map<String, ?> partition = Map.of("part", "p");
      Map<String, ?> offset = Map.of("at", ++next);
      SourceRecord record = new SourceRecord(partition, offset, props.get("topic"), null, Schema.STRING_SCHEMA, "k", Schema.STRING_SCHEMA, texts[next - 1], 1000L + next);
      record.headers().addString("h", "v");
      return List.of(record);
    }
    public void stop() { }
  }

  public static class AwkwardSink extends SinkConnector {
    Map<String, String> props;
    public String version() { return "1"; }
    public ConfigDef config() { return NONE; }
    public void start(Map<String, String> props) { this.props = props; }
    public Class<? extends Task> taskClass() { return AwkwardSinkTask.class; }
    public List<Map<String, String>> taskConfigs(int most) { return Collections.nCopies(most, props); }
    public void stop() { }
  }

  /** Writes texts to a file; some of them it does not like. */
  public static class AwkwardSinkTask extends SinkTask {
    String file;
    int failures = 0;
    public String version() { return "1"; }
    public void start(Map<String, String> props) { file = props.get("file"); }
    public void put(Collection<SinkRecord> records) {
      for (SinkRecord record : records) {
        String text = String.valueOf(record.value());
        if (text.startsWith("put-throw")) throw new IllegalStateException("put failed", new IOException("deep"));
        if (text.startsWith("put-connect")) throw new ConnectException("put failed");
        if (text.startsWith("put-retriable") && failures++ < 2) { context.timeout(50); throw new RetriableException("once more"); }
        if (text.startsWith("put-report")) { context.errantRecordReporter().report(record, new IllegalStateException("reported", new IOException("deep"))); continue; }
        if (text.startsWith("put-null")) { context.errantRecordReporter().report(record, new IllegalStateException()); continue; }
        try (FileWriter out = new FileWriter(file, true)) { out.write(text + "\n"); } catch (IOException e) { throw new ConnectException(e); }
      }
    }
    public void stop() { }
  }

  public static class AwkwardTransform<R extends ConnectRecord<R>> implements Transformation<R> {
    int failures = 0;
    public void configure(Map<String, ?> props) { }
    public ConfigDef config() { return NONE; }
    public R apply(R record) {
      String text = String.valueOf(record.value());
      if (text.startsWith("transform-throw")) throw new IllegalStateException("transform failed", new IOException("deep"));
      if (text.startsWith("transform-data")) throw new DataException((String) null);
      if (text.startsWith("transform-never")) throw new RetriableException("never");
      if (text.startsWith("transform-retriable") && failures++ < 2) throw new RetriableException("once more");
      if (text.startsWith("transform-null")) return null;
      if (text.startsWith("transform-topic")) return record.newRecord("elsewhere", 7, record.keySchema(), "other", record.valueSchema(), "changed " + text, 5L);
      return record;
    }
    public void close() { }
  }

  public static class AwkwardConverter extends StringConverter {
    public byte[] fromConnectData(String topic, Schema schema, Object value) {
      if (String.valueOf(value).startsWith("convert-throw")) throw new IllegalStateException("convert failed");
      return super.fromConnectData(topic, schema, value);
    }
    public org.apache.kafka.connect.data.SchemaAndValue toConnectData(String topic, byte[] bytes) {
      if (bytes != null && new String(bytes).startsWith("convert-back")) throw new IllegalStateException("convert failed");
      return super.toConnectData(topic, bytes);
    }
  }
}
