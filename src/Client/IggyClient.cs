using System.Collections.Immutable;
using Iggy.Client.Connections;
using Iggy.Protocol;
using Iggy.Protocol.Classic;

namespace Iggy.Client;

/// <summary>A client of one server. Any number of callers may use it at once: their requests share one connection and are under way together.</summary>
/// <remarks>
/// <para>All methods throw <see cref="IggyException"/> when the server refuses, <see cref="IggyConnectionException"/> when there is no connection
/// or it breaks, <see cref="TimeoutException"/> when no reply comes within <see cref="IggyClientOptions.RequestTimeout"/>, and
/// <see cref="ArgumentException"/> for values that the protocol can't carry. Missing things are null or false, never exceptions, where they are asked for.</para>
/// <para>A token that is cancelled ends the wait, not the request: what was sent may be carried out.</para>
/// <para>Streams and topics are given by <see cref="Identifier"/>: <c>new("orders")</c> by name, <c>new(3)</c> by number.</para>
/// </remarks>
public sealed partial class IggyClient : IAsyncDisposable
{
    private readonly IServerChannel _server;
    private readonly TimeProvider _clock;

    private readonly MessageCipher? _cipher;
    private readonly bool _hasOptions;

    internal IggyClient(IServerChannel server, IggyClientOptions options)
    {
        (_server, _clock, _cipher, _address) = (server, options.Clock, options.Cipher, options.Address);
        _context = new(options.BaggageKeys);
        _hasOptions = options.Dialect is ProtocolDialect.Newer || options.Transport is TransportKind.Http;
    }

    /// <summary>A client that is not connected yet: the first request connects and, with credentials, logs in, as often as <see cref="ReconnectPolicy.FirstAttempts"/>
    /// says.</summary>
    /// <exception cref="ArgumentException">A setting can't work.</exception>
    /// <exception cref="NotSupportedException">The transport is not there.</exception>
    public static IggyClient Create(IggyClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return new IggyClient(Channels.Create(options), options);
    }

    /// <summary>Connects and, with credentials, logs in, as often as <see cref="ReconnectPolicy.FirstAttempts"/> says.</summary>
    /// <exception cref="ArgumentException">A setting can't work.</exception>
    /// <exception cref="NotSupportedException">The transport is not there.</exception>
    public static async Task<IggyClient> ConnectAsync(IggyClientOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return await ConnectAsync(Channels.Create(options), options, cancellationToken);
    }

    /// <summary>Connects by a connection string, <c>iggy://user:password@host:port</c>; see <see cref="IggyClientOptions.Parse"/>.</summary>
    /// <exception cref="FormatException">The text can't be read.</exception>
    public static Task<IggyClient> ConnectAsync(string connectionString, CancellationToken cancellationToken = default) =>
        ConnectAsync(IggyClientOptions.Parse(connectionString), cancellationToken);

    internal static async Task<IggyClient> ConnectAsync(IServerChannel server, IggyClientOptions options, CancellationToken cancellationToken)
    {
        var client = new IggyClient(server, options);
        try
        {
            await client._server.ConnectAsync(cancellationToken);
            return client;
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }

    /// <summary>Logs in by name and password; also after each later connect.</summary>
    /// <returns>The user's id.</returns>
    public ValueTask<uint> LogInAsync(string username, string password, CancellationToken cancellationToken = default) =>
        LogInAsync(Credentials.ForUser(username, password), cancellationToken);

    /// <summary>Logs in; also after each later connect.</summary>
    /// <returns>The user's id.</returns>
    public ValueTask<uint> LogInAsync(Credentials credentials, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(credentials);
        return _server.LogInAsync(credentials, cancellationToken);
    }

    /// <summary>Logs out; later connections do not log in either.</summary>
    public ValueTask LogOutAsync(CancellationToken cancellationToken = default) => _server.LogOutAsync(cancellationToken);

    /// <summary>Asks for a sign of life; works before login.</summary>
    public ValueTask PingAsync(CancellationToken cancellationToken = default) =>
        _server.DoAsync(CommandCode.Ping, default(NoBody), Repeat.Harmless, cancellationToken);

    /// <summary>Figures of the whole server.</summary>
    public ValueTask<StatsReply> GetStatsAsync(CancellationToken cancellationToken = default) =>
        _server.GetAsync<NoBody, StatsReply>(CommandCode.GetStats, default, Repeat.Harmless, cancellationToken);

    /// <summary>Nodes, their addresses and roles.</summary>
    public ValueTask<ClusterReply> GetClusterMetadataAsync(CancellationToken cancellationToken = default) =>
        _server.GetAsync<NoBody, ClusterReply>(CommandCode.GetClusterMetadata, default, Repeat.Harmless, cancellationToken);

    /// <summary>A support archive of the server: a ZIP file without secrets, for administrators.</summary>
    /// <param name="types">What to put in; none for everything.</param>
    /// <param name="compression">How it is packed.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<byte[]> GetSnapshotAsync(
        IEnumerable<SnapshotType>? types = null, SnapshotCompression compression = SnapshotCompression.Deflated, CancellationToken cancellationToken = default)
    {
        ImmutableArray<SnapshotType> wanted = [.. types ?? []];
        var request = new GetSnapshotRequest(compression, wanted.IsEmpty ? [SnapshotType.All] : wanted);
        return (await _server.GetAsync<GetSnapshotRequest, RawBytes>(CommandCode.GetSnapshot, request, Repeat.Harmless, cancellationToken)).Bytes;
    }

    /// <summary>This client as the server knows it.</summary>
    public ValueTask<ClientDetails> GetMeAsync(CancellationToken cancellationToken = default) =>
        _server.GetAsync<NoBody, ClientDetails>(CommandCode.GetMe, default, Repeat.Harmless, cancellationToken);

    /// <summary>One client, or null.</summary>
    public async ValueTask<ClientDetails?> GetClientAsync(uint clientId, CancellationToken cancellationToken = default) =>
        (await _server.FindAsync<GetClientRequest, ClientDetails>(CommandCode.GetClient, new(clientId), cancellationToken)).Value;

    /// <summary>All clients, in no order.</summary>
    public ValueTask<IReadOnlyList<ClientRecord>> GetClientsAsync(CancellationToken cancellationToken = default) =>
        _server.ListAsync<NoBody, ClientRecord>(CommandCode.GetClients, default, cancellationToken);

    /// <summary>Closes the connection. Requests under way fail with <see cref="IggyConnectionException"/>.</summary>
    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private ValueTask DoAsync<TRequest>(TRequest request, CancellationToken cancellationToken, Repeat repeat = Repeat.Never)
        where TRequest : IWireRequest<TRequest> => _server.DoAsync(TRequest.Code, request, repeat, cancellationToken);
}
