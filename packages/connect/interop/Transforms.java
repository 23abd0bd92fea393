import java.nio.charset.StandardCharsets;
import java.util.*;
import java.io.*;
import com.fasterxml.jackson.databind.*;
import org.apache.kafka.connect.json.JsonConverter;
import org.apache.kafka.connect.data.*;
import org.apache.kafka.connect.header.*;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.storage.*;
import org.apache.kafka.connect.transforms.Transformation;
import org.apache.kafka.common.record.TimestampType;

// Reads cases (JSON lines), prints what Apache's transformations and converters make of them.
public class Transforms {
  static JsonConverter converter(boolean schemas) {
    JsonConverter c = new JsonConverter();
    c.configure(Map.of("schemas.enable", String.valueOf(schemas), "converter.type", "value", "decimal.format", "NUMERIC"), false);
    return c;
  }
  static String text(byte[] b) { return b == null ? "null" : new String(b, StandardCharsets.UTF_8); }
  static String trace(Throwable t) { StringBuilder s = new StringBuilder(); for (; t != null; t = t.getCause()) { if (s.length() > 0) s.append(" <- "); s.append(t.toString()); } return s.toString(); }
  @SuppressWarnings("unchecked")
  public static void main(String[] args) throws Exception {
    ObjectMapper mapper = new ObjectMapper();
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream out = new PrintStream(System.out, true, "UTF-8");
    for (String line; (line = in.readLine()) != null; ) {
      Map<String, Object> c = mapper.readValue(line, Map.class);
      try {
        if (c.containsKey("header")) {
          SimpleHeaderConverter h = new SimpleHeaderConverter();
          SchemaAndValue v = h.toConnectHeader("t", "k", ((String) c.get("header")).getBytes(StandardCharsets.UTF_8));
          JsonConverter j = converter(true);
          out.println(text(v == null ? null : j.fromConnectData("t", v.schema(), v.value())) + " " + text(h.fromConnectHeader("t", "k", v.schema(), v.value())));
          continue;
        }
        if (c.containsKey("string")) {
          SchemaAndValue v = converter(((Boolean) c.getOrDefault("schemas", true))).toConnectData("t", ((String) c.get("string")).getBytes(StandardCharsets.UTF_8));
          StringConverter s = new StringConverter();
          s.configure(Map.of("converter.type", "value"), false);
          out.println((text(s.fromConnectData("t", v.schema(), v.value())) + " " + text(converter(true).fromConnectData("t", v.schema(), v.value()))).replace("\n", "\\n"));
          continue;
        }
        boolean schemas = (Boolean) c.getOrDefault("schemas", false);
        JsonConverter j = converter(schemas);
        SchemaAndValue k = j.toConnectData("t", c.get("key") == null ? null : ((String) c.get("key")).getBytes(StandardCharsets.UTF_8));
        SchemaAndValue v = j.toConnectData("t", c.get("value") == null ? null : ((String) c.get("value")).getBytes(StandardCharsets.UTF_8));
        ConnectHeaders headers = new ConnectHeaders();
        SimpleHeaderConverter h = new SimpleHeaderConverter();
        for (Map.Entry<String, String> e : ((Map<String, String>) c.getOrDefault("headers", Map.of())).entrySet()) headers.add(e.getKey(), h.toConnectHeader("t", e.getKey(), e.getValue().getBytes(StandardCharsets.UTF_8)));
        SinkRecord r = new SinkRecord((String) c.getOrDefault("topic", "topic"), 3, k.schema(), k.value(), v.schema(), v.value(), 42, 1700000000123L, TimestampType.CREATE_TIME, headers);
        Transformation<SinkRecord> t = (Transformation<SinkRecord>) Class.forName("org.apache.kafka.connect.transforms." + c.get("type")).getDeclaredConstructor().newInstance();
        t.configure((Map<String, String>) c.get("config"));
        r = t.apply(r);
        if (r == null) { out.println("dropped"); continue; }
        StringBuilder s = new StringBuilder(r.topic() + " " + text(j.fromConnectData("t", r.keySchema(), r.key())) + " " + text(j.fromConnectData("t", r.valueSchema(), r.value())));
        for (Header x : r.headers()) s.append(" " + x.key() + "=" + text(h.fromConnectHeader("t", x.key(), x.schema(), x.value())));
        out.println(s);
      } catch (Throwable t) { out.println(trace(t).replace("\n", "\\n")); }
    }
  }
}
