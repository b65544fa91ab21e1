using static Iggy.Silo.Configuration.SettingEffect;
using static Iggy.Silo.Configuration.ValueKind;

namespace Iggy.Silo.Configuration;

/// <summary>Every environment name of Apache Iggy 0.8.0's server, those of the newer line that set-ups carry, and what each does here. The one table: the reader, its warnings and
/// docs/CONFIGURATION.md are made from it.</summary>
public static class IggyEnvironmentNames
{
    private const string Inline = "every message is in the partition's file before its OK";
    private const string OwnFolders = "the layout of the data folder is this server's own";
    private const string Console = "logs go to standard output, where systemd, Docker and Kubernetes keep them";
    private const string WebSocketBuffers = "replies are sent as they are made, and only what was asked for is read";
    private const string Cluster = "this server runs alone";
    private const string Telemetry = "OTEL_EXPORTER_OTLP_ENDPOINT says where telemetry goes";
    private const string SocketBuffers = "the kernel sizes socket buffers by itself";

    /// <summary>The settings that are known. Among those that set the same key the last one that is given wins.</summary>
    public static IReadOnlyList<EnvironmentName> All { get; } =
    [
        // Root user, read at the first start only.
        new("IGGY_ROOT_USERNAME", Text, Sets, "Iggy:Root:Username"),
        new("IGGY_ROOT_PASSWORD", Text, Sets, "Iggy:Root:Password"),

        // Where and how data is kept.
        new("IGGY_SYSTEM_PATH", Text, Sets, "Iggy:Storage:DataPath"),
        new("IGGY_SYSTEM_SEGMENT_SIZE", Size, Sets, "Iggy:Storage:SegmentBytes"),
        new("IGGY_SYSTEM_PARTITION_ENFORCE_FSYNC", SyncFlag, Sets, "Iggy:Storage:Durability"),
        new("IGGY_STORAGE_DURABILITY", Text, Sets, "Iggy:Storage:Durability"),
        new("IGGY_SYSTEM_TOPIC_MAX_SIZE", Size, Sets, "Iggy:Catalog:DefaultMaxTopicBytes"),
        new("IGGY_SYSTEM_TOPIC_MESSAGE_EXPIRY", Duration, Sets, "Iggy:Catalog:DefaultMessageExpiryMicros"),
        new("IGGY_SYSTEM_PARTITION_MESSAGES_REQUIRED_TO_SAVE", Number, None, Why: Inline),
        new("IGGY_SYSTEM_PARTITION_SIZE_OF_MESSAGES_REQUIRED_TO_SAVE", Size, None, Why: Inline),
        new("IGGY_MESSAGE_SAVER_ENABLED", Flag, None, Why: Inline),
        new("IGGY_MESSAGE_SAVER_ENFORCE_FSYNC", Flag, None, Why: Inline),
        new("IGGY_MESSAGE_SAVER_INTERVAL", Duration, None, Why: Inline),
        new("IGGY_SYSTEM_STATE_ENFORCE_FSYNC", Flag, None, Why: "every change of metadata is on disk before its OK"),
        new("IGGY_SYSTEM_STATE_MAX_FILE_OPERATION_RETRIES", Number, None, Why: "Apache Iggy ignores it too"),
        new("IGGY_SYSTEM_STATE_RETRY_DELAY", Duration, None, Why: "Apache Iggy ignores it too"),
        new("IGGY_SYSTEM_PARTITION_VALIDATE_CHECKSUM", Flag, None, Why: "damage is looked for where it can be, in the tail at start and in each record that is read"),
        new("IGGY_SYSTEM_RECOVERY_RECREATE_MISSING_STATE", Flag, None, Why: "Apache Iggy ignores it too"),
        new("IGGY_SYSTEM_SEGMENT_ARCHIVE_EXPIRED", Flag, None, Why: "Apache Iggy ignores it too"),
        new("IGGY_SYSTEM_SEGMENT_CACHE_INDEXES", Text, None, Why: "indexes are memory-mapped, so the kernel caches them"),
        new("IGGY_SYSTEM_BACKUP_PATH", Text, None, Why: "Apache Iggy ignores it too"),
        new("IGGY_SYSTEM_BACKUP_COMPATIBILITY_PATH", Text, None, Why: "Apache Iggy ignores it too"),
        new("IGGY_SYSTEM_STATE_PATH", Text, None, Why: OwnFolders),
        new("IGGY_SYSTEM_RUNTIME_PATH", Text, None, Why: "the folder is always `runtime` in the data folder"),
        new("IGGY_SYSTEM_STREAM_PATH", Text, None, Why: OwnFolders),
        new("IGGY_SYSTEM_TOPIC_PATH", Text, None, Why: OwnFolders),
        new("IGGY_SYSTEM_PARTITION_PATH", Text, None, Why: OwnFolders),
        new("IGGY_SYSTEM_COMPRESSION_ALLOW_OVERRIDE", Flag, None, Why: "a topic may always ask for compression"),
        new("IGGY_SYSTEM_COMPRESSION_DEFAULT_ALGORITHM", CompressionFlag, Sets, "Iggy:Storage:CompressAll"),
        new("IGGY_SYSTEM_ENCRYPTION_ENABLED", Flag, Sets, "Iggy:Encryption:Enabled"),
        new("IGGY_SYSTEM_ENCRYPTION_KEY", Text, Sets, "Iggy:Encryption:Key"),
        new("IGGY_SYSTEM_MESSAGE_DEDUPLICATION_ENABLED", Flag, Sets, "Iggy:Deduplication:Enabled"),
        new("IGGY_SYSTEM_MESSAGE_DEDUPLICATION_MAX_ENTRIES", Number, Sets, "Iggy:Deduplication:MaxEntries"),
        new("IGGY_SYSTEM_MESSAGE_DEDUPLICATION_EXPIRY", Interval, Sets, "Iggy:Deduplication:Expiry"),
        new("IGGY_SYSTEM_MEMORY_POOL_ENABLED", Flag, None, Why: "buffers come from the runtime's pool"),
        new("IGGY_SYSTEM_MEMORY_POOL_SIZE", Size, None, Why: "buffers come from the runtime's pool"),
        new("IGGY_SYSTEM_MEMORY_POOL_BUCKET_CAPACITY", Number, None, Why: "buffers come from the runtime's pool"),
        new("IGGY_SYSTEM_SHARDING_CPU_ALLOCATION", Text, None, Why: "work is spread over all cores; use `taskset` or a container's limit"),
        new("IGGY_SHARD_RUNTIME_CAPACITY", Number, None, Why: "the runtime sizes its queues by itself"), // of the newer line, as the two families at the end of the cluster's

        // Logs.
        new("IGGY_SYSTEM_LOGGING_LEVEL", LogFilter, Sets, "Iggy:Logging:Level"),
        new("RUST_LOG", LogFilter, Sets, "Iggy:Logging:Level"),
        new("IGGY_DISPLAY_CONFIG", Flag, Sets, "Iggy:Logging:ShowConfiguration"),
        new("IGGY_SYSTEM_LOGGING_PATH", Text, None, Why: Console),
        new("IGGY_SYSTEM_LOGGING_FILE_ENABLED", Flag, None, Why: Console),
        new("IGGY_SYSTEM_LOGGING_MAX_FILE_SIZE", Size, None, Why: Console),
        new("IGGY_SYSTEM_LOGGING_MAX_TOTAL_SIZE", Size, None, Why: Console),
        new("IGGY_SYSTEM_LOGGING_ROTATION_CHECK_INTERVAL", Duration, None, Why: Console),
        new("IGGY_SYSTEM_LOGGING_RETENTION", Duration, None, Why: Console),
        new("IGGY_SYSTEM_LOGGING_SYSINFO_PRINT_INTERVAL", Duration, None, Why: "the statistics command tells the same figures"),

        // Groups and maintenance.
        new("IGGY_CONSUMER_GROUP_REBALANCING_TIMEOUT", Interval, Sets, "Iggy:ConsumerGroups:RebalancingTimeout"),
        new("IGGY_CONSUMER_GROUP_REBALANCING_CHECK_INTERVAL", Interval, Sets, "Iggy:ConsumerGroups:RebalancingCheckInterval"),
        new("IGGY_DATA_MAINTENANCE_MESSAGES_CLEANER_ENABLED", Flag, Sets, "Iggy:Retention:Enabled"),
        new("IGGY_DATA_MAINTENANCE_MESSAGES_INTERVAL", Interval, Sets, "Iggy:Retention:Interval"),
        new("IGGY_PERSONAL_ACCESS_TOKEN_MAX_TOKENS_PER_USER", Number, Sets, "Iggy:PersonalAccessTokens:MaxTokensPerUser"),
        new("IGGY_PERSONAL_ACCESS_TOKEN_CLEANER_ENABLED", Flag, Sets, "Iggy:PersonalAccessTokens:CleanerEnabled"),
        new("IGGY_PERSONAL_ACCESS_TOKEN_CLEANER_INTERVAL", Interval, Sets, "Iggy:PersonalAccessTokens:CleanerInterval"),
        new("IGGY_HEARTBEAT_ENABLED", Flag, Sets, "Iggy:Heartbeat:Enabled"),
        new("IGGY_HEARTBEAT_INTERVAL", Interval, Sets, "Iggy:Heartbeat:Interval"),

        // TCP.
        new("IGGY_TCP_ENABLED", Flag, Sets, "Iggy:Tcp:Enabled"),
        new("IGGY_TCP_ADDRESS", Text, Sets, "Iggy:Tcp:Address"),
        new("IGGY_TCP_IPV6", Flag, None, Why: "the address decides"),
        new("IGGY_TCP_SOCKET_MIGRATION", Flag, None, Why: "connections are not bound to a core"),
        new("IGGY_TCP_SOCKET_OVERRIDE_DEFAULTS", Flag, None, Why: SocketBuffers),
        new("IGGY_TCP_SOCKET_RECV_BUFFER_SIZE", Size, None, Why: SocketBuffers),
        new("IGGY_TCP_SOCKET_SEND_BUFFER_SIZE", Size, None, Why: SocketBuffers),
        new("IGGY_TCP_SOCKET_KEEPALIVE", Flag, Sets, "Iggy:Tcp:KeepAlive"),
        new("IGGY_TCP_SOCKET_NODELAY", Flag, None, Why: "replies are never held back; `Iggy:Tcp:NoDelay` changes that"),
        new("IGGY_TCP_SOCKET_LINGER", Duration, None, Why: "the kernel's default holds"),
        new("IGGY_TCP_TLS_ENABLED", Flag, Sets, "Iggy:Tcp:Tls:Enabled"),
        .. Certificate("IGGY_TCP_TLS", "Iggy:Tcp:Tls"),

        // HTTP.
        new("IGGY_HTTP_ENABLED", Flag, Sets, "Iggy:Http:Enabled"),
        new("IGGY_HTTP_ADDRESS", Text, Sets, "Iggy:Http:Address"),
        new("IGGY_HTTP_MAX_REQUEST_SIZE", Size, Sets, "Iggy:Http:MaxRequestBytes"),
        new("IGGY_HTTP_WEB_UI", Flag, Sets, "Iggy:Http:WebUi"),
        new("IGGY_HTTP_CORS_ENABLED", Flag, Sets, "Iggy:Http:Cors:Enabled"),
        new("IGGY_HTTP_CORS_ALLOWED_METHODS", List, Sets, "Iggy:Http:Cors:AllowedMethods"),
        new("IGGY_HTTP_CORS_ALLOWED_ORIGINS", List, Sets, "Iggy:Http:Cors:AllowedOrigins"),
        new("IGGY_HTTP_CORS_ALLOWED_HEADERS", List, Sets, "Iggy:Http:Cors:AllowedHeaders"),
        new("IGGY_HTTP_CORS_EXPOSED_HEADERS", List, Sets, "Iggy:Http:Cors:ExposedHeaders"),
        new("IGGY_HTTP_CORS_ALLOW_CREDENTIALS", Flag, Sets, "Iggy:Http:Cors:AllowCredentials"),
        new("IGGY_HTTP_CORS_ALLOW_PRIVATE_NETWORK", Flag, Sets, "Iggy:Http:Cors:AllowPrivateNetwork"),
        new("IGGY_HTTP_JWT_ALGORITHM", Text, Sets, "Iggy:Http:Jwt:Algorithm"),
        new("IGGY_HTTP_JWT_ISSUER", Text, Sets, "Iggy:Http:Jwt:Issuer"),
        new("IGGY_HTTP_JWT_AUDIENCE", Text, Sets, "Iggy:Http:Jwt:Audience"),
        new("IGGY_HTTP_JWT_VALID_ISSUERS", List, Sets, "Iggy:Http:Jwt:ValidIssuers"),
        new("IGGY_HTTP_JWT_VALID_AUDIENCES", List, Sets, "Iggy:Http:Jwt:ValidAudiences"),
        new("IGGY_HTTP_JWT_ACCESS_TOKEN_EXPIRY", Lifetime, Sets, "Iggy:Http:Jwt:AccessTokenExpiry"),
        new("IGGY_HTTP_JWT_CLOCK_SKEW", Lifetime, Sets, "Iggy:Http:Jwt:ClockSkew"),
        new("IGGY_HTTP_JWT_NOT_BEFORE", Lifetime, Sets, "Iggy:Http:Jwt:NotBefore"),
        new("IGGY_HTTP_JWT_ENCODING_SECRET", Text, Sets, "Iggy:Http:Jwt:EncodingSecret"),
        new("IGGY_HTTP_JWT_DECODING_SECRET", Text, Sets, "Iggy:Http:Jwt:DecodingSecret"),
        new("IGGY_HTTP_JWT_USE_BASE64_SECRET", Flag, Sets, "Iggy:Http:Jwt:UseBase64Secret"),
        new("IGGY_HTTP_JWT_TRUSTED_ISSUERS_*_ISSUER", Text, Sets, "Iggy:Http:Jwt:TrustedIssuers:*:Issuer"),
        new("IGGY_HTTP_JWT_TRUSTED_ISSUERS_*_AUDIENCE", Text, Sets, "Iggy:Http:Jwt:TrustedIssuers:*:Audience"),
        new("IGGY_HTTP_JWT_TRUSTED_ISSUERS_*_JWKS_URL", Text, Sets, "Iggy:Http:Jwt:TrustedIssuers:*:JwksUrl"),
        new("IGGY_HTTP_JWT_TRUSTED_ISSUERS_*_USER_ID", Number, Sets, "Iggy:Http:Jwt:TrustedIssuers:*:UserId"),
        new("IGGY_HTTP_METRICS_ENABLED", Flag, Sets, "Iggy:Http:MetricsEnabled"),
        new("IGGY_HTTP_METRICS_ENDPOINT", Text, Sets, "Iggy:Http:MetricsPath"),
        new("IGGY_HTTP_TLS_ENABLED", Flag, Sets, "Iggy:Http:Tls:Enabled"),
        .. Certificate("IGGY_HTTP_TLS", "Iggy:Http:Tls"),

        // QUIC. It is always encrypted, with or without a certificate of one's own.
        new("IGGY_QUIC_ENABLED", Flag, Sets, "Iggy:Quic:Enabled"),
        new("IGGY_QUIC_ADDRESS", Text, Sets, "Iggy:Quic:Address"),
        new("IGGY_QUIC_MAX_CONCURRENT_BIDI_STREAMS", Number, Sets, "Iggy:Quic:MaxConcurrentBidiStreams"),
        new("IGGY_QUIC_DATAGRAM_SEND_BUFFER_SIZE", Size, None, Why: "the protocol uses no datagrams"),
        new("IGGY_QUIC_INITIAL_MTU", Size, Sets, "Iggy:Quic:InitialMtu"),
        new("IGGY_QUIC_SEND_WINDOW", Size, Sets, "Iggy:Quic:SendWindow"),
        new("IGGY_QUIC_RECEIVE_WINDOW", Size, Sets, "Iggy:Quic:ReceiveWindow"),
        new("IGGY_QUIC_KEEP_ALIVE_INTERVAL", Interval, Sets, "Iggy:Quic:KeepAliveInterval"),
        new("IGGY_QUIC_MAX_IDLE_TIMEOUT", Interval, Sets, "Iggy:Quic:MaxIdleTimeout"),
        .. Certificate("IGGY_QUIC_CERTIFICATE", "Iggy:Quic:Certificate"),
        new("IGGY_QUIC_SOCKET_OVERRIDE_DEFAULTS", Flag, None, Why: "the two sizes below are used whenever they are given"),
        new("IGGY_QUIC_SOCKET_RECV_BUFFER_SIZE", Size, Sets, "Iggy:Quic:SocketReceiveBuffer"),
        new("IGGY_QUIC_SOCKET_SEND_BUFFER_SIZE", Size, Sets, "Iggy:Quic:SocketSendBuffer"),
        new("IGGY_QUIC_SOCKET_KEEPALIVE", Flag, None, Why: "a UDP socket has none; see the keep-alive interval"),

        // WebSocket.
        new("IGGY_WEBSOCKET_ENABLED", Flag, Sets, "Iggy:WebSocket:Enabled"),
        new("IGGY_WEBSOCKET_ADDRESS", Text, Sets, "Iggy:WebSocket:Address"),
        new("IGGY_WEBSOCKET_READ_BUFFER_SIZE", Size, None, Why: WebSocketBuffers),
        new("IGGY_WEBSOCKET_WRITE_BUFFER_SIZE", Size, None, Why: WebSocketBuffers),
        new("IGGY_WEBSOCKET_MAX_WRITE_BUFFER_SIZE", Size, None, Why: WebSocketBuffers),
        new("IGGY_WEBSOCKET_MAX_MESSAGE_SIZE", Size, Sets, "Iggy:WebSocket:MaxMessageBytes"),
        new("IGGY_WEBSOCKET_MAX_FRAME_SIZE", Size, None, Why: "a WebSocket frame is never held as a whole; `Iggy:WebSocket:MaxMessageBytes` bounds the message"),
        new("IGGY_WEBSOCKET_ACCEPT_UNMASKED_FRAMES", Flag, Missed, Why: "frames of clients must be masked, as the standard asks"),
        new("IGGY_WEBSOCKET_TLS_ENABLED", Flag, Sets, "Iggy:WebSocket:Tls:Enabled"),
        .. Certificate("IGGY_WEBSOCKET_TLS", "Iggy:WebSocket:Tls"),

        // Cluster and telemetry.
        new("IGGY_CLUSTER_ENABLED", Flag, Missed, Why: Cluster),
        new("IGGY_CLUSTER_NAME", Text, PartNotHere, Why: Cluster),
        new("IGGY_CLUSTER_NODE_CURRENT_NAME", Text, PartNotHere, Why: Cluster),
        new("IGGY_CLUSTER_NODE_CURRENT_IP", Text, PartNotHere, Why: Cluster),
        new("IGGY_CLUSTER_NODE_OTHERS_*_NAME", Text, PartNotHere, Why: Cluster),
        new("IGGY_CLUSTER_NODE_OTHERS_*_IP", Text, PartNotHere, Why: Cluster),
        new("IGGY_CLUSTER_NODE_OTHERS_*_PORTS_TCP", Number, PartNotHere, Why: Cluster),
        new("IGGY_CLUSTER_NODE_OTHERS_*_PORTS_QUIC", Number, PartNotHere, Why: Cluster),
        new("IGGY_CLUSTER_NODE_OTHERS_*_PORTS_HTTP", Number, PartNotHere, Why: Cluster),
        new("IGGY_CLUSTER_NODE_OTHERS_*_PORTS_WEBSOCKET", Number, PartNotHere, Why: Cluster),
        new("IGGY_CLUSTER_NODES_*", Text, PartNotHere, Why: Cluster),
        new("IGGY_MESSAGE_BUS_*", Text, PartNotHere, Why: Cluster),
        new("IGGY_TELEMETRY_ENABLED", Flag, Missed, Why: Telemetry),
        new("IGGY_TELEMETRY_SERVICE_NAME", Text, PartNotHere, Why: Telemetry),
        new("IGGY_TELEMETRY_LOGS_TRANSPORT", Text, PartNotHere, Why: Telemetry),
        new("IGGY_TELEMETRY_LOGS_ENDPOINT", Text, PartNotHere, Why: Telemetry),
        new("IGGY_TELEMETRY_TRACES_TRANSPORT", Text, PartNotHere, Why: Telemetry),
        new("IGGY_TELEMETRY_TRACES_ENDPOINT", Text, PartNotHere, Why: Telemetry),
    ];

    /// <summary>The entry a variable belongs to, or null.</summary>
    public static EnvironmentName? Find(string variable)
    {
        foreach (var entry in All)
        {
            if (entry.Matches(variable))
                return entry;
        }
        return null;
    }

    /// <summary>Whether a name without an entry is no mistake: Apache Iggy's other programs and its tests use it, or it says where to read from.</summary>
    public static bool IsExempt(string variable) =>
        variable is "IGGY_USERNAME" or "IGGY_PASSWORD" or "IGGY_HOME" or "IGGY_TCP_SERVER_ADDRESS" // the tool's, in the same shell
            or "IGGY_CI_BUILD" or "IGGY_CONFIG_PATH" or "IGGY_ENV_PATH" or "IGGY_CONNECTORS_CONFIG_PATH" or "IGGY_MCP_CONFIG_PATH"
        || variable.StartsWith("IGGY_TEST_", StringComparison.Ordinal)
        || variable.StartsWith("IGGY_CONNECTORS_SINK_", StringComparison.Ordinal)
        || variable.StartsWith("IGGY_CONNECTORS_SOURCE_", StringComparison.Ordinal)
        || variable.StartsWith("IGGY__", StringComparison.OrdinalIgnoreCase); // our own keys, in .NET's spelling

    private static EnvironmentName[] Certificate(string prefix, string section) =>
    [
        new(prefix + "_SELF_SIGNED", Flag, Sets, section + ":SelfSigned"),
        new(prefix + "_CERT_FILE", Text, Sets, section + ":CertificateFile"),
        new(prefix + "_KEY_FILE", Text, Sets, section + ":KeyFile"),
    ];

    private static EnvironmentName[] Tls(string prefix, string why) =>
    [
        new(prefix + "_SELF_SIGNED", Flag, PartNotHere, Why: why),
        new(prefix + "_CERT_FILE", Text, PartNotHere, Why: why),
        new(prefix + "_KEY_FILE", Text, PartNotHere, Why: why),
    ];
}
