using Iggy.Silo.Configuration;

namespace Iggy.Silo.Tests;

/// <summary>Apache Iggy's environment names.</summary>
public sealed class IggyEnvironmentTests
{
    [Theory]
    [InlineData("IGGY_TCP_ADDRESS", "0.0.0.0:8090", "Iggy:Tcp:Address", "0.0.0.0:8090")]
    [InlineData("IGGY_TCP_ENABLED", "FALSE", "Iggy:Tcp:Enabled", "false")]
    [InlineData("IGGY_TCP_TLS_ENABLED", "true", "Iggy:Tcp:Tls:Enabled", "true")]
    [InlineData("IGGY_TCP_TLS_SELF_SIGNED", "false", "Iggy:Tcp:Tls:SelfSigned", "false")]
    [InlineData("IGGY_TCP_TLS_CERT_FILE", "c.pem", "Iggy:Tcp:Tls:CertificateFile", "c.pem")]
    [InlineData("IGGY_TCP_TLS_KEY_FILE", "k.pem", "Iggy:Tcp:Tls:KeyFile", "k.pem")]
    [InlineData("IGGY_HTTP_TLS_ENABLED", "true", "Iggy:Http:Tls:Enabled", "true")]
    [InlineData("IGGY_WEBSOCKET_ADDRESS", "0.0.0.0:8092", "Iggy:WebSocket:Address", "0.0.0.0:8092")]
    [InlineData("IGGY_WEBSOCKET_MAX_MESSAGE_SIZE", "64 MiB", "Iggy:WebSocket:MaxMessageBytes", "67108864")]
    [InlineData("IGGY_WEBSOCKET_TLS_CERT_FILE", "c.pem", "Iggy:WebSocket:Tls:CertificateFile", "c.pem")]
    [InlineData("IGGY_SYSTEM_PATH", "/data", "Iggy:Storage:DataPath", "/data")]
    [InlineData("IGGY_SYSTEM_SEGMENT_SIZE", "1 MiB", "Iggy:Storage:SegmentBytes", "1048576")]
    [InlineData("IGGY_SYSTEM_TOPIC_MAX_SIZE", "10 GB", "Iggy:Catalog:DefaultMaxTopicBytes", "10000000000")]
    [InlineData("IGGY_SYSTEM_TOPIC_MAX_SIZE", "unlimited", "Iggy:Catalog:DefaultMaxTopicBytes", "18446744073709551615")]
    [InlineData("IGGY_SYSTEM_TOPIC_MESSAGE_EXPIRY", "1day 2h 3s", "Iggy:Catalog:DefaultMessageExpiryMicros", "93603000000")]
    [InlineData("IGGY_SYSTEM_TOPIC_MESSAGE_EXPIRY", "none", "Iggy:Catalog:DefaultMessageExpiryMicros", "18446744073709551615")]
    [InlineData("IGGY_SYSTEM_TOPIC_MESSAGE_EXPIRY", "never_expire", "Iggy:Catalog:DefaultMessageExpiryMicros", "18446744073709551615")]
    [InlineData("IGGY_SYSTEM_PARTITION_ENFORCE_FSYNC", "true", "Iggy:Storage:Durability", "Always")]
    [InlineData("IGGY_STORAGE_DURABILITY", "interval", "Iggy:Storage:Durability", "interval")]
    [InlineData("IGGY_SYSTEM_LOGGING_LEVEL", "warn", "Iggy:Logging:Level", "Warning")]
    [InlineData("IGGY_SYSTEM_LOGGING_LEVEL", "net=trace,debug,foo=warn", "Iggy:Logging:Level", "Debug")]
    [InlineData("IGGY_ROOT_PASSWORD", "secret1", "Iggy:Root:Password", "secret1")]
    [InlineData("IGGY_SYSTEM_MESSAGE_DEDUPLICATION_ENABLED", "true", "Iggy:Deduplication:Enabled", "true")]
    [InlineData("IGGY_SYSTEM_MESSAGE_DEDUPLICATION_MAX_ENTRIES", "500", "Iggy:Deduplication:MaxEntries", "500")]
    [InlineData("IGGY_SYSTEM_MESSAGE_DEDUPLICATION_EXPIRY", "1 m", "Iggy:Deduplication:Expiry", "00:01:00")]
    [InlineData("IGGY_SYSTEM_ENCRYPTION_ENABLED", "true", "Iggy:Encryption:Enabled", "true")]
    [InlineData("IGGY_SYSTEM_ENCRYPTION_KEY", "c2hvcnQ=", "Iggy:Encryption:Key", "c2hvcnQ=")]
    [InlineData("IGGY_SYSTEM_COMPRESSION_DEFAULT_ALGORITHM", "gzip", "Iggy:Storage:CompressAll", "true")]
    [InlineData("IGGY_SYSTEM_COMPRESSION_DEFAULT_ALGORITHM", "none", "Iggy:Storage:CompressAll", "false")]
    public void Read_KnownName_SetsOurKey(string name, string value, string key, string expected)
    {
        var (settings, notes) = Read((name, value));
        Assert.Equal(expected, Assert.Single(settings).Value);
        Assert.Equal(key, settings.Keys.Single());
        Assert.Empty(notes.Errors);
        Assert.Empty(notes.Warnings);
    }

    [Theory]
    [InlineData("IGGY_TCP_ENABLED", "yes")]
    [InlineData("IGGY_SYSTEM_SEGMENT_SIZE", "big")]
    [InlineData("IGGY_SYSTEM_COMPRESSION_DEFAULT_ALGORITHM", "lz77")]
    [InlineData("IGGY_SYSTEM_TOPIC_MESSAGE_EXPIRY", "server_default")]
    [InlineData("IGGY_SYSTEM_TOPIC_MAX_SIZE", "server_default")]
    [InlineData("IGGY_SYSTEM_LOGGING_LEVEL", "loud")]
    [InlineData("IGGY_TCP_TLS_ENABLED", "on")]
    public void Read_WrongValue_IsAnErrorThatNamesTheSettingTheValueAndWhatIsAllowed(string name, string value)
    {
        var (settings, notes) = Read((name, value));
        Assert.Empty(settings);
        var error = Assert.Single(notes.Errors);
        Assert.Contains(name, error, StringComparison.Ordinal);
        Assert.Contains($"'{value}'", error, StringComparison.Ordinal);
        Assert.Contains("allowed: ", error, StringComparison.Ordinal);
    }

    // Goal: a compose file made for Apache Iggy starts without noise.
    [Fact]
    public void Read_PartsThatAreNotHere_AreTakenQuietly()
    {
        var (settings, notes) = Read(
            ("IGGY_QUIC_DATAGRAM_SEND_BUFFER_SIZE", "100 KB"), ("IGGY_CLUSTER_NODE_CURRENT_NAME", "one"),
            ("IGGY_CLUSTER_NODE_OTHERS_0_PORTS_TCP", "8091"), ("IGGY_SYSTEM_SHARDING_CPU_ALLOCATION", "numa:auto"),
            ("IGGY_SYSTEM_PARTITION_MESSAGES_REQUIRED_TO_SAVE", "1"), ("IGGY_TEST_ANYTHING", "1"), ("IGGY_CONNECTORS_SINK_X", "1"), ("IGGY_CI_BUILD", "true"), ("IGGY_USERNAME", "a"), ("IGGY_PASSWORD", "b"),
            ("IGGY_CONFIG_PATH", "x"), ("Iggy__Tcp__Address", "x"), ("IGGY__TCP__ADDRESS", "x"), ("PATH", "x"));
        Assert.Empty(settings);
        Assert.Empty(notes.Errors);
        Assert.Empty(notes.Warnings);
        Assert.Equal(5, notes.Details.Count);
    }

    // Goal: what set-ups of the newer line carry is no mistake. How many fields its nodes and its bus have is not ours to know.
    [Fact]
    public void Read_NamesOfTheNewerLine_AreTakenQuietly()
    {
        var (settings, notes) = Read(
            ("IGGY_SHARD_RUNTIME_CAPACITY", "4096"), ("IGGY_CLUSTER_NODES_0_NAME", "one"), ("IGGY_CLUSTER_NODES_2_PORTS_TCP_REPLICA", "8094"),
            ("IGGY_MESSAGE_BUS_MAX_BATCH", "256"), ("IGGY_MESSAGE_BUS_QUIC_TLS_ENABLED", "true"));
        Assert.Empty(settings);
        Assert.Empty(notes.Errors);
        Assert.Empty(notes.Warnings);
        Assert.Equal(5, notes.Details.Count);
        Assert.All(notes.Details, static detail => Assert.Contains("has no effect", detail, StringComparison.Ordinal));
        Assert.Single(Read(("IGGY_MESSAGE_BUS_", "x")).Notes.Warnings); // names nothing
    }

    [Fact]
    public void Read_EntryOfAList_SetsTheOneOfItsNumber()
    {
        var (settings, notes) = Read(("IGGY_HTTP_JWT_TRUSTED_ISSUERS_12_ISSUER", "x"), ("IGGY_HTTP_JWT_TRUSTED_ISSUERS_0_USER_ID", "7"));
        Assert.Equal("x", settings["Iggy:Http:Jwt:TrustedIssuers:12:Issuer"]);
        Assert.Equal("7", settings["Iggy:Http:Jwt:TrustedIssuers:0:UserId"]);
        Assert.Empty(notes.Warnings);
    }

    [Fact]
    public void Read_FeatureThatWouldBeMissed_Warns()
    {
        Assert.Contains("IGGY_TELEMETRY_ENABLED", Assert.Single(Read(("IGGY_TELEMETRY_ENABLED", "true")).Notes.Warnings), StringComparison.Ordinal);
        Assert.Empty(Read(("IGGY_TELEMETRY_ENABLED", "false")).Notes.Warnings);
    }

    [Fact]
    public void Read_UnknownName_WarnsWithTheNearest()
    {
        var warning = Assert.Single(Read(("IGGY_TCP_ADRESS", "x")).Notes.Warnings);
        Assert.Contains("IGGY_TCP_ADRESS", warning, StringComparison.Ordinal);
        Assert.Contains("Nearest: IGGY_TCP_ADDRESS", warning, StringComparison.Ordinal);
        Assert.Single(Read(("IGGY_CLUSTER_NODE_OTHERS_X_NAME", "x")).Notes.Warnings); // where a number belongs
    }

    [Fact]
    public void Read_EmptyValue_IsNotSet()
    {
        var (settings, notes) = Read(("IGGY_TCP_ADDRESS", ""), ("IGGY_TCP_TLS_ENABLED", ""), ("IGGY_NOBODY_KNOWS", ""));
        Assert.Empty(settings);
        Assert.Empty(notes.Errors);
        Assert.Empty(notes.Warnings);
    }

    // Goal: which of two wins does not depend on the order of the environment.
    [Fact]
    public void Read_TwoNamesForOneKey_TheLaterInTheTableWins()
    {
        Assert.Equal("Debug", Read(("RUST_LOG", "debug"), ("IGGY_SYSTEM_LOGGING_LEVEL", "warn")).Settings["Iggy:Logging:Level"]);
        Assert.Equal("Warning", Read(("RUST_LOG", "hyper=debug"), ("IGGY_SYSTEM_LOGGING_LEVEL", "warn")).Settings["Iggy:Logging:Level"]);
        Assert.Equal("none", Read(("IGGY_STORAGE_DURABILITY", "none"), ("IGGY_SYSTEM_PARTITION_ENFORCE_FSYNC", "true")).Settings["Iggy:Storage:Durability"]);
        Assert.Empty(Read(("IGGY_SYSTEM_PARTITION_ENFORCE_FSYNC", "false")).Settings);
    }

    [Fact]
    public void Read_Secrets_AreInNoNote()
    {
        var (_, notes) = Read(("IGGY_ROOT_PASSWORD", "hush-hush"), ("IGGY_SYSTEM_ENCRYPTION_KEY", "hush-hush"), ("IGGY_HTTP_JWT_ENCODING_SECRET", "hush-hush"));
        Assert.Equal(3, notes.Details.Count);
        Assert.DoesNotContain("hush-hush", string.Join('\n', [.. notes.Errors, .. notes.Warnings, .. notes.Details]), StringComparison.Ordinal);
    }

    // Goal: the table sets nothing that is not there, and says why where it sets nothing.
    [Fact]
    public void Table_EveryEntry_SetsAKnownKeyOrSaysWhy()
    {
        var keys = KnownOptions.Keys().ToHashSet();
        Assert.All(IggyEnvironmentNames.All, entry =>
        {
            Assert.Equal(entry.Effect == SettingEffect.Sets, entry.Key is not null);
            Assert.True(entry.Key is null ? entry.Why.Length > 0 : keys.Contains(entry.Key), entry.Name);
        });
        Assert.Equal(IggyEnvironmentNames.All.Count, IggyEnvironmentNames.All.Select(entry => entry.Name).Distinct().Count());
    }

    private static (Dictionary<string, string?> Settings, ConfigurationNotes Notes) Read(params (string Name, string Value)[] variables)
    {
        var notes = new ConfigurationNotes();
        return (IggyEnvironment.Read(variables.ToDictionary(one => one.Name, one => one.Value), notes), notes);
    }
}
