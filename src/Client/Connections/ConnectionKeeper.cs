using System.Reflection;
using Iggy.Client.Connections.Vsr;
using Iggy.Protocol;
using Iggy.Protocol.Classic;

namespace Iggy.Client.Connections;

/// <summary>Has a live, logged-in connection at hand, and makes a new one when it broke. All callers share one attempt.</summary>
internal sealed class ConnectionKeeper(ITransport transport, IggyClientOptions options) : IAsyncDisposable
{
    private static readonly string _version = typeof(ConnectionKeeper).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();
    private Task<ClassicConnection>? _current;
    private volatile Credentials? _credentials = options.Credentials;
    private bool _isDisposed;

    /// <summary>Who logs in after the next connect; null for nobody.</summary>
    public Credentials? Credentials
    {
        get => _credentials;
        set => _credentials = value;
    }

    /// <summary>The connection, or the attempt to get one.</summary>
    /// <exception cref="IggyConnectionException">No connection, after all tries.</exception>
    /// <exception cref="IggyException">The server refused the login.</exception>
    public Task<ClassicConnection> GetAsync()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, typeof(IggyClient));
            if (_current is null)
                return _current = ConnectAsync(options.Reconnect.FirstAttempts, wasConnected: false);
            if (!_current.IsCompleted || (_current.IsCompletedSuccessfully && !_current.GetAwaiter().GetResult().IsEnded))
                return _current;
            return _current = ConnectAsync(options.Reconnect.MaxAttempts, wasConnected: true);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Task<ClassicConnection>? last;
        lock (_lock)
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
            last = _current;
        }
        await _stop.CancelAsync();
        if (last is not null)
        {
            // Only to know that it is over: whoever waited for this attempt has its failure.
            await ((Task)last).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (last.IsCompletedSuccessfully)
                await (await last).DisposeAsync();
        }
        _stop.Dispose();
    }

    private async Task<ClassicConnection> ConnectAsync(int attempts, bool wasConnected)
    {
        await Task.Yield(); // the lock of the caller is not held while connecting
        if (attempts == 0)
            throw new IggyConnectionException($"The connection to {options.Servers} was lost, and reconnecting is off; the request was not sent.");

        for (var failed = 1; ; failed++)
        {
            try
            {
                return await TryConnectAsync();
            }
            catch (IggyConnectionException) when (failed < attempts)
            {
                await Task.Delay(options.Reconnect.DelayAfter(failed, Random.Shared.NextDouble()), options.Clock, _stop.Token);
            }
            catch (IggyConnectionException e) when (wasConnected)
            {
                throw new IggyConnectionException($"The connection was lost and {attempts} tries to get a new one failed, the last: {e.Message}", innerException: e);
            }
        }
    }

    private async Task<ClassicConnection> TryConnectAsync()
    {
        var connection = new ClassicConnection(await OpenAsync(), options);
        try
        {
            if (_credentials is { } credentials)
                await LogInAsync(connection, credentials, _stop.Token);
            return connection;
        }
        catch (Exception e)
        {
            await connection.DisposeAsync();
            // Nothing of the caller's request has left yet, whatever became of the login.
            if (e is TimeoutException or IggyConnectionException)
            {
                transport.Leave();
                throw new IggyConnectionException($"Login as {_credentials} at {options.Servers} did not come through: {e.Message}", innerException: e);
            }
            throw;
        }
    }

    /// <summary>Logs in on one connection.</summary>
    /// <returns>The user's id.</returns>
    /// <exception cref="IggyException">The server refused.</exception>
    public static async Task<uint> LogInAsync(ClassicConnection connection, Credentials credentials, CancellationToken cancellationToken)
    {
        var frame = credentials.Username is { } username
            ? Frames.Encode(CommandCode.LoginUser, new LoginUserRequest(username, credentials.Secret, _version, "Iggy.NET"))
            : Frames.Encode(CommandCode.LoginWithPersonalAccessToken, new LoginWithPersonalAccessTokenRequest(credentials.Secret));
        using var reply = await connection.AskAsync(frame, cancellationToken);
        return Replies.Require<IdentityReply>(reply, CommandCode.LoginUser).UserId;
    }

    private async Task<Stream> OpenAsync()
    {
        using var limit = new CancellationTokenSource(options.LongestConnect, options.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _stop.Token);
        try
        {
            var stream = await transport.OpenAsync(either.Token);
            return options.Dialect is ProtocolDialect.Newer ? new VsrStream(stream, options.MaxReplyBytes, isEachFrameApart: options.Transport is TransportKind.WebSocket) : stream;
        }
        catch (IOException e)
        {
            throw new IggyConnectionException(e.Message, innerException: e);
        }
        catch (OperationCanceledException e) when (limit.IsCancellationRequested)
        {
            throw new IggyConnectionException($"{options.Servers} did not accept a connection within {options.ConnectTimeout} (ConnectTimeout).", innerException: e);
        }
    }
}
