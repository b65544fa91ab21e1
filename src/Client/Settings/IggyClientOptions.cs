using Iggy.Protocol;

namespace Iggy.Client;

/// <summary>How a client connects. Immutable: change it with <c>with</c>.</summary>
public sealed record IggyClientOptions
{
    /// <summary>How the server is reached. Default TCP.</summary>
    public TransportKind Transport { get; init; } = TransportKind.Tcp;

    /// <summary>Secures the connection; null for none.</summary>
    public TlsSettings? Tls { get; init; }

    /// <summary>Encrypts what is sent and decrypts what is polled; null for neither. It is shared, not owned.</summary>
    public MessageCipher? Cipher { get; init; }

    /// <summary>Entries of the present span's baggage that go along with messages where spans of <c>Iggy.Client</c> are collected, and that handlers
    /// of messages get: only these, for messages outlive their makers and go to others. Default none.</summary>
    public IReadOnlyList<string> BaggageKeys { get; init; } = [];

    /// <summary>How often a ping tells the server that the client lives; null for never. Default 5 s, as the other SDKs.</summary>
    public TimeSpan? HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The server. Default <c>127.0.0.1:8090</c>, as Apache Iggy's.</summary>
    public ServerAddress Address { get; init; } = ServerAddress.DefaultTcp;

    /// <summary>Who logs in after each connect; null for nobody until <see cref="IggyClient.LogInAsync(Credentials, CancellationToken)"/> is called.</summary>
    public Credentials? Credentials { get; init; }

    /// <summary>What happens when a connection broke, or cannot be made.</summary>
    public ReconnectPolicy Reconnect { get; init; } = ReconnectPolicy.Default;

    /// <summary>Longest wait for a connection. Default 5 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Longest wait for one reply. When it is over, the connection counts as dead and is closed: replies come in order, so nothing
    /// behind a missing one can arrive. Default 30 s.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Most requests that are under way at once; further callers wait. Default 256.</summary>
    public int MaxInFlight { get; init; } = 256;

    /// <summary>What is spoken with the server, over every transport of bytes. Default newer; Apache Iggy up to 0.8 understands the classic one only.</summary>
    public ProtocolDialect Dialect { get; init; } = ProtocolDialect.Newer;

    /// <summary>Whether consumers that found nothing wait at the server until messages come, on a second connection that is opened for it; over HTTP by a
    /// request that is answered late. Servers that cannot do that, QUIC and the classic dialect are asked again and again, by the consumer's
    /// <c>PollInterval</c>. Default yes.</summary>
    public bool LongPolling { get; init; } = true;

    /// <summary>Largest reply that is accepted, in bytes; a server that announces more is disconnected before anything is allocated.
    /// Default 256 MiB.</summary>
    public int MaxReplyBytes { get; init; } = 256 * 1024 * 1024;

    /// <summary>Timeouts and waits run by this clock.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Reads <c>iggy://user:password@host:port</c>; a personal access token may stand in for user and password. Options follow a question
    /// mark: <c>request_timeout</c>, <c>connect_timeout</c>, <c>reconnection_interval</c> and <c>heartbeat_interval</c> in seconds, <c>max_in_flight</c>,
    /// <c>reconnection_retries</c>, <c>dialect</c> (<c>classic</c> or <c>newer</c>), <c>tls</c>, <c>tls_domain</c>, <c>tls_ca_file</c>. The scheme may name the transport: <c>iggy+tcp</c>, <c>iggy+quic</c>,
    /// <c>iggy+http</c>, <c>iggy+ws</c>.</summary>
    /// <exception cref="FormatException">The text is something else; the message names the part, never the secret.</exception>
    public static IggyClientOptions Parse(string connectionString) => ConnectionString.Parse(connectionString);

    /// <summary>Refuses values that can't work, all at once.</summary>
    /// <exception cref="ArgumentException">Names each setting, its value and what is allowed.</exception>
    public void Validate()
    {
        var faults = new List<string>();
        void Require(bool holds, string name, object value, string allowed)
        {
            if (!holds)
                faults.Add($"{name} is {value}; allowed: {allowed}.");
        }

        Require(Address.Port is > 0 and <= ushort.MaxValue, "Address.Port", Address.Port, "1 to 65535");
        Require(ConnectTimeout > TimeSpan.Zero, nameof(ConnectTimeout), ConnectTimeout, "more than 0");
        Require(RequestTimeout > TimeSpan.Zero, nameof(RequestTimeout), RequestTimeout, "more than 0");
        Require(HeartbeatInterval is not { } beat || beat > TimeSpan.Zero, nameof(HeartbeatInterval), HeartbeatInterval ?? default, "more than 0, or null");
        Require(Tls?.KeyFile is null || Tls.CertificateFile is not null, "Tls.KeyFile", Tls?.KeyFile ?? "", "only with Tls.CertificateFile");
        Require(MaxInFlight > 0, nameof(MaxInFlight), MaxInFlight, "1 or more");
        Require(MaxReplyBytes >= 1024, nameof(MaxReplyBytes), MaxReplyBytes, "1024 or more");
        Require(Reconnect.MaxAttempts >= 0, "Reconnect.MaxAttempts", Reconnect.MaxAttempts, "0 or more");
        Require(Reconnect.FirstAttempts > 0, "Reconnect.FirstAttempts", Reconnect.FirstAttempts, "1 or more");
        Require(Reconnect.FirstDelay > TimeSpan.Zero, "Reconnect.FirstDelay", Reconnect.FirstDelay, "more than 0");
        Require(Reconnect.MaxDelay >= Reconnect.FirstDelay, "Reconnect.MaxDelay", Reconnect.MaxDelay, "at least FirstDelay");
        if (faults.Count > 0)
            throw new ArgumentException(string.Join(' ', faults));
    }
}
