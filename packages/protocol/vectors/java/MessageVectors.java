import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintStream;
import java.lang.reflect.Method;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.ObjectSerializationCache;

/**
 * Prints one JSON line for every message of a ZooKeeper-mode broker, in every version and two variants: all fields
 * filled with values of their own, and all that may be null, empty or default left so. The bytes are Apache's; in the
 * values, record batches are left empty.
 *
 * Run with all of Apache Kafka's libs on the class path: java -cp 'libs/*' MessageVectors.java libs > messages.ndjson
 */
public class MessageVectors {
    static final ObjectMapper MAPPER = new ObjectMapper().configure(JsonParser.Feature.ALLOW_COMMENTS, true);
    static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    static final List<String> JARS = List.of("kafka-clients-3.9.1.jar", "kafka-group-coordinator-3.9.1.jar",
        "kafka-transaction-coordinator-3.9.1.jar");
    static final List<String> PACKAGES = List.of("org.apache.kafka.common.message.",
        "org.apache.kafka.coordinator.group.generated.", "org.apache.kafka.coordinator.transaction.generated.");
    static final List<String> DATA = List.of("OffsetCommitKey", "OffsetCommitValue", "GroupMetadataKey",
        "GroupMetadataValue", "TransactionLogKey", "TransactionLogValue", "ConsumerProtocolSubscription",
        "ConsumerProtocolAssignment", "DefaultPrincipalData", "RequestHeader", "ResponseHeader");
    // Served by a ZooKeeper-mode broker though not listed for it.
    static final List<String> ALSO = List.of("ConsumerGroupHeartbeat", "ConsumerGroupDescribe", "Envelope", "AllocateProducerIds");
    static final byte[] RECORDS = "these bytes stand for record batches".getBytes();

    static int counter;
    static boolean full;
    static Map<String, JsonNode> structs = new TreeMap<>();

    public static void main(String[] args) throws Exception {
        Map<String, JsonNode> specs = new TreeMap<>();
        for (String jar : JARS) {
            URI uri = URI.create("jar:" + Path.of(args[0], jar).toUri());
            try (var fs = FileSystems.newFileSystem(uri, Map.of()); var files = Files.list(fs.getPath("common/message"))) {
                for (Path file : (Iterable<Path>) files.filter(f -> f.toString().endsWith(".json"))::iterator) {
                    JsonNode spec = MAPPER.readTree(Files.readString(file));
                    specs.put(spec.get("name").asText(), spec);
                }
            }
        }
        for (var entry : specs.entrySet()) {
            String name = entry.getKey();
            String api = name.replaceAll("(Request|Response)$", "");
            JsonNode request = specs.get(api + "Request");
            boolean served = request != null && (contains(request.get("listeners"), "zkBroker") || ALSO.contains(api));
            if (DATA.contains(name) || (served && !api.equals(name))) vectors(name, entry.getValue(), System.out);
        }
    }

    static boolean contains(JsonNode list, String text) {
        if (list != null) for (JsonNode item : list) if (item.asText().equals(text)) return true;
        return false;
    }

    static void vectors(String name, JsonNode spec, PrintStream out) throws Exception {
        structs.clear();
        if (spec.has("commonStructs")) for (JsonNode s : spec.get("commonStructs")) structs.put(s.get("name").asText(), s.get("fields"));
        Class<?> converter = converterOf(name);
        Class<?> data = Class.forName(converter.getName().replace("JsonConverter", ""));
        int[] range = range(spec.get("validVersions").asText());
        for (short version = (short) range[0]; version <= range[1]; version++) {
            for (boolean variant : new boolean[] {true, false}) {
                counter = 0;
                full = variant;
                ObjectNode input = fields(spec.get("fields"), version, range(spec.get("flexibleVersions").asText()));
                Method read = converter.getMethod("read", JsonNode.class, short.class);
                Message message = (Message) read.invoke(null, input, version);
                ObjectSerializationCache cache = new ObjectSerializationCache();
                ByteBuffer buffer = ByteBuffer.allocate(message.size(cache, version));
                message.write(new ByteBufferAccessor(buffer), cache, version);
                ObjectNode line = JSON.objectNode();
                line.put("message", name);
                line.put("version", version);
                line.put("bytes", Base64.getEncoder().encodeToString(buffer.array()));
                line.set("value", (JsonNode) converter.getMethod("write", data, short.class, boolean.class).invoke(null, message, version, true));
                out.println(line);
            }
        }
    }

    static Class<?> converterOf(String name) throws ClassNotFoundException {
        for (String prefix : PACKAGES) {
            for (String suffix : List.of("DataJsonConverter", "JsonConverter")) {
                try {
                    return Class.forName(prefix + name + suffix);
                } catch (ClassNotFoundException e) {
                    // The next place, then.
                }
            }
        }
        throw new ClassNotFoundException(name);
    }

    static int[] range(String versions) {
        if (versions.equals("none")) return new int[] {0, -1};
        if (versions.endsWith("+")) return new int[] {Integer.parseInt(versions.replace("+", "")), Short.MAX_VALUE};
        String[] ends = versions.split("-");
        return new int[] {Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1])};
    }

    static boolean in(int[] range, int version) {
        return version >= range[0] && version <= range[1];
    }

    static ObjectNode fields(JsonNode specs, short version, int[] flexible) {
        ObjectNode node = JSON.objectNode();
        for (JsonNode spec : specs) {
            String name = spec.get("name").asText();
            String versions = spec.has("versions") ? spec.get("versions").asText() : spec.get("taggedVersions").asText();
            if (!in(range(versions), version)) continue;
            if (!full && spec.has("tag") && in(range(spec.get("taggedVersions").asText()), version)) continue;
            boolean nullable = spec.has("nullableVersions") && in(range(spec.get("nullableVersions").asText()), version);
            String key = Character.toLowerCase(name.charAt(0)) + name.substring(1);
            node.set(key, !full && nullable ? NullNode.instance : value(spec.get("type").asText(), spec.get("fields"), version, flexible));
        }
        return node;
    }

    static JsonNode value(String type, JsonNode inner, short version, int[] flexible) {
        int n = ++counter;
        if (type.startsWith("[]")) {
            ArrayNode array = JSON.arrayNode();
            for (int left = full ? 2 : 0; left > 0; left--) array.add(value(type.substring(2), inner, version, flexible));
            return array;
        }
        switch (type) {
            case "bool": return JSON.booleanNode(full);
            case "int8": return JSON.numberNode((byte) (n % 2 == 0 ? n % 100 : -n % 100));
            case "int16": return JSON.numberNode((short) (n % 2 == 0 ? 300 + n : -300 - n));
            case "uint16": return JSON.numberNode(65535 - n);
            case "int32": return JSON.numberNode(n % 2 == 0 ? 100000 + n : -100000 - n);
            case "uint32": return JSON.numberNode(4294967295L - n);
            case "int64": return JSON.numberNode(n % 3 == 0 ? -1099511627776L - n : 9007199254740000L + n);
            case "float64": return JSON.numberNode(n + 0.25);
            case "string": return JSON.textNode(full ? "té" + n : "");
            case "uuid": return JSON.textNode(new org.apache.kafka.common.Uuid(0x1234567890abcdefL + n, -n).toString());
            case "bytes": return JSON.binaryNode(new byte[] {(byte) n, 0, -1});
            case "records": return JSON.binaryNode(RECORDS);
            default: return fields(inner != null ? inner : structs.get(type), version, flexible);
        }
    }
}
