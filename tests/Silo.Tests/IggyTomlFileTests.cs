using Iggy.Silo.Configuration;
using Microsoft.Extensions.Configuration;

namespace Iggy.Silo.Tests;

/// <summary>Apache Iggy's own configuration file.</summary>
public sealed class IggyTomlFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("iggy-silo-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    // Goal: whoever comes with Apache Iggy's file can keep it. Method: every documented key with its documented default.
    [Fact]
    public void Read_EveryDocumentedKeyAtItsDefault_IsKnownAndAllowed()
    {
        var (read, notes) = Read(DocumentedDefaults);
        Assert.Empty(notes.Errors);
        Assert.Empty(notes.Warnings);
        Assert.Equal("127.0.0.1:8090", read["Iggy:Tcp:Address"]);
        Assert.Equal("1073741824", read["Iggy:Storage:SegmentBytes"]);
        Assert.Equal("18446744073709551615", read["Iggy:Catalog:DefaultMessageExpiryMicros"]);
        Assert.Equal("false", read["Iggy:Retention:Enabled"]);
        Assert.Equal("00:01:00", read["Iggy:PersonalAccessTokens:CleanerInterval"]);
        Assert.Equal("false", read["Iggy:Http:WebUi"]);
        Assert.Equal("http://127.0.0.1:9/jwks.json", read["Iggy:Http:Jwt:TrustedIssuers:0:JwksUrl"]);
    }

    [Fact]
    public void Read_EntryOfAList_IsCheckedLikeEveryOtherSetting()
    {
        var (_, notes) = Read("[[http.jwt.trusted_issuers]]\nissuer = \"a\"\naudience = \"b\"\njwks_url = \"gopher://c\"\n");
        Assert.Equal("Iggy:Http:Jwt:TrustedIssuers:0:JwksUrl is 'gopher://c'; allowed: an address with https or http.", Assert.Single(notes.Errors));
        (_, notes) = Read("", ("Iggy__Http__Jwt__TrustedIssuers__3__Nobody", "x"), ("Iggy__Http__Jwt__TrustedIssuers__3__UserId", "-1"));
        Assert.Contains("Iggy:Http:Jwt:TrustedIssuers:3:Nobody is not known", Assert.Single(notes.Warnings), StringComparison.Ordinal);
        Assert.Contains("Iggy:Http:Jwt:TrustedIssuers:3:UserId is '-1'; allowed: a number.", notes.Errors);
    }

    [Fact]
    public void Read_FileAndEnvironment_TheEnvironmentWins()
    {
        const string file = "[tcp]\naddress = \"127.0.0.1:1\"\n[tcp.tls]\nenabled = true\n[system.logging]\nlevel = \"warn\"\n";
        var (read, notes) = Read(file, ("IGGY_TCP_ADDRESS", "127.0.0.1:2"), ("IGGY_TCP_TLS_ENABLED", "false"), ("RUST_LOG", ""), ("IGGY_SYSTEM_LOGGING_LEVEL", ""));
        Assert.Equal("127.0.0.1:2", read["Iggy:Tcp:Address"]);
        Assert.Equal("Warning", read["Iggy:Logging:Level"]); // an empty variable is none
        Assert.Empty(notes.Errors);
        Assert.Equal("127.0.0.1:3", Read(file, ("IGGY_TCP_ADDRESS", "127.0.0.1:2"), ("IGGY_TCP_TLS_ENABLED", "false"), ("Iggy__Tcp__Address", "127.0.0.1:3")).Read["Iggy:Tcp:Address"]);
    }

    [Fact]
    public void Read_TwoKeysForOneSetting_TheEnvironmentsIsTheLast()
    {
        var (read, _) = Read("[storage]\ndurability = \"always\"\n", ("IGGY_SYSTEM_LOGGING_LEVEL", "warn"), ("IGGY_STORAGE_DURABILITY", "interval"));
        Assert.Equal("interval", read["Iggy:Storage:Durability"]);
        Assert.Equal("Warning", Read("[system.logging]\nlevel = \"debug\"\n", ("IGGY_SYSTEM_LOGGING_LEVEL", "warn")).Read["Iggy:Logging:Level"]);
    }

    [Fact]
    public void Read_WrongOrUnknown_IsToldByTheFilesSpelling()
    {
        var (_, notes) = Read("[tcp]\nenabled = \"perhaps\"\nadress = \"x\"\n");
        Assert.Contains("tcp.enabled (config.toml) is 'perhaps'; allowed: true, false.", notes.Errors);
        Assert.StartsWith("tcp.adress (config.toml) is not known and has no effect. Nearest: IGGY_TCP_ADDRESS", Assert.Single(notes.Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a = \n")]
    [InlineData("[tcp\n")]
    [InlineData("[root]\npassword = \"hush-hush\n")]
    [InlineData("[tcp]\nenabled = true\nenabled = false\n")]
    public void Read_NoToml_StopsTheStartAndNamesTheLine(string content)
    {
        var error = Assert.Throws<ConfigurationException>(() => Read(content)).Errors.Single();
        Assert.Contains("no TOML at line", error, StringComparison.Ordinal);
        Assert.DoesNotContain("?", error, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", error, StringComparison.Ordinal);
    }

    private (IConfigurationRoot Read, ConfigurationNotes Notes) Read(string file, params (string Name, string Value)[] variables)
    {
        File.WriteAllText(Path.Combine(_folder, "config.toml"), file);
        var all = variables.Append(("IGGY_CONFIG_PATH", "config.toml")).ToDictionary(one => one.Item1, one => one.Item2);
        var notes = new ConfigurationNotes();
        return (ServerConfiguration.Read(all, [], _folder, notes), notes);
    }

    private const string DocumentedDefaults = """
        [consumer_group]
        rebalancing_timeout = "30s"
        rebalancing_check_interval = "5s"
        [data_maintenance.messages]
        cleaner_enabled = false
        interval = "1 m"
        [message_saver]
        enabled = true
        enforce_fsync = true
        interval = "30 s"
        [personal_access_token]
        max_tokens_per_user = 100
        [personal_access_token.cleaner]
        enabled = true
        interval = "1 m"
        [heartbeat]
        enabled = false
        interval = "5 s"
        [http]
        enabled = true
        address = "127.0.0.1:3000"
        max_request_size = "2 MB"
        web_ui = false
        [http.cors]
        enabled = true
        allowed_methods = ["GET", "POST", "PUT", "DELETE"]
        allowed_origins = ["*"]
        allowed_headers = ["content-type", "authorization"]
        exposed_headers = [""]
        allow_credentials = false
        allow_private_network = false
        [http.jwt]
        algorithm = "HS256"
        issuer = "iggy.apache.org"
        audience = "iggy.apache.org"
        valid_issuers = ["iggy.apache.org"]
        valid_audiences = ["iggy.apache.org"]
        access_token_expiry = "1 h"
        clock_skew = "5 s"
        not_before = "0 s"
        encoding_secret = ""
        decoding_secret = ""
        use_base64_secret = false
        [[http.jwt.trusted_issuers]]
        issuer = "https://issuer.example"
        jwks_url = "http://127.0.0.1:9/jwks.json"
        audience = "iggy"
        user_id = 1
        [http.metrics]
        enabled = true
        endpoint = "/metrics"
        [http.tls]
        enabled = false
        cert_file = "core/certs/iggy_cert.pem"
        key_file = "core/certs/iggy_key.pem"
        [tcp]
        enabled = true
        address = "127.0.0.1:8090"
        ipv6 = false
        socket_migration = true
        [tcp.tls]
        enabled = false
        self_signed = true
        cert_file = "core/certs/iggy_cert.pem"
        key_file = "core/certs/iggy_key.pem"
        [tcp.socket]
        override_defaults = false
        recv_buffer_size = "100 KB"
        send_buffer_size = "100 KB"
        keepalive = false
        nodelay = false
        linger = "0 s"
        [quic]
        enabled = true
        address = "127.0.0.1:8080"
        max_concurrent_bidi_streams = 10_000
        datagram_send_buffer_size = "100 KB"
        initial_mtu = "8 KB"
        send_window = "100 KB"
        receive_window = "100 KB"
        keep_alive_interval = "5 s"
        max_idle_timeout = "10 s"
        [quic.certificate]
        self_signed = true
        cert_file = "core/certs/iggy_cert.pem"
        key_file = "core/certs/iggy_key.pem"
        [quic.socket]
        override_defaults = false
        recv_buffer_size = "64 KB"
        send_buffer_size = "64 KB"
        keepalive = false
        [websocket]
        enabled = true
        address = "127.0.0.1:8092"
        [websocket.tls]
        enabled = false
        self_signed = true
        cert_file = "core/certs/iggy_cert.pem"
        key_file = "core/certs/iggy_key.pem"
        [system]
        path = "local_data"
        [system.backup]
        path = "backup"
        [system.backup.compatibility]
        path = "compatibility"
        [system.state]
        enforce_fsync = false
        max_file_operation_retries = 1
        retry_delay = "1 s"
        [system.runtime]
        path = "runtime"
        [system.logging]
        path = "logs"
        level = "info"
        file_enabled = true
        max_file_size = "500 MB"
        max_total_size = "4 GB"
        rotation_check_interval = "1 h"
        retention = "7 days"
        sysinfo_print_interval = "10 s"
        [system.encryption]
        enabled = false
        key = ""
        [system.compression]
        allow_override = false
        default_algorithm = "none"
        [system.stream]
        path = "streams"
        [system.topic]
        path = "topics"
        max_size = "unlimited"
        message_expiry = "none"
        [system.partition]
        path = "partitions"
        enforce_fsync = false
        validate_checksum = false
        messages_required_to_save = 1024
        size_of_messages_required_to_save = "1 MiB"
        [system.segment]
        size = "1 GiB"
        archive_expired = false
        cache_indexes = "open_segment"
        [system.message_deduplication]
        enabled = false
        max_entries = 10000
        expiry = "1 m"
        [system.recovery]
        recreate_missing_state = false
        [system.memory_pool]
        enabled = true
        size = "4 GiB"
        bucket_capacity = 8192
        [system.sharding]
        cpu_allocation = "numa:auto"
        [cluster]
        enabled = false
        name = "iggy-cluster"
        [cluster.node.current]
        name = "iggy-node-1"
        ip = "127.0.0.1"
        [[cluster.node.others]]
        name = "iggy-node-2"
        ip = "127.0.0.1"
        ports = { tcp = 8091, quic = 8081, http = 3001, websocket = 8093 }
        [telemetry]
        enabled = false
        service_name = "iggy"
        [telemetry.logs]
        transport = "grpc"
        endpoint = "http://localhost:7281/v1/logs"
        [telemetry.traces]
        transport = "grpc"
        endpoint = "http://localhost:7281/v1/traces"
        """;
}
