using System.Collections.Immutable;
using Iggy.Protocol;
using Iggy.Protocol.Vsr12;

namespace Iggy.Client.Connections.Waiting;

/// <summary>Reads that wait, on a connection of their own that is opened when the first one comes. A server without them, or one that is out of reach, costs a
/// try now and then; the readers ask again and again meanwhile.</summary>
/// <remarks>A second connection, because the others of this client answer in order: nothing may wait on them.</remarks>
internal sealed class WaitingReads(ITransport transport, Func<Credentials?> credentials, IggyClientOptions options) : IArrivals
{
    /// <summary>Waits of one client at a time; more readers ask again and again.</summary>
    public const int MostWaits = 64;

    private static readonly TimeSpan _afterRefusal = TimeSpan.FromMinutes(10), _afterSilence = TimeSpan.FromMinutes(1), _afterFailure = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _opening = new(1);
    private readonly CancellationTokenSource _stop = new();
    private WaitConnection? _connection;
    private Credentials? _user;
    private (long Since, TimeSpan For) _pause;
    private int _waits;

    /// <inheritdoc/>
    public async ValueTask<ImmutableArray<ReadPosition>> WaitAsync(
        Identifier stream, Identifier topic, ImmutableArray<ReadPosition> positions, TimeSpan longest, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _waits) > MostWaits || positions.Length > FetchRequest.MostTargets)
        {
            Interlocked.Decrement(ref _waits);
            return default;
        }
        WaitConnection? connection = null;
        try
        {
            connection = await FindAsync(cancellationToken);
            return connection is null ? default : await connection.WaitAsync(stream, topic, positions, longest, cancellationToken);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or TimeoutException or ObjectDisposedException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            await CloseAsync(connection);
            return default;
        }
        finally
        {
            Interlocked.Decrement(ref _waits);
        }
    }

    /// <summary>Closes the connection; the next wait opens another one.</summary>
    public ValueTask ForgetAsync() => CloseAsync(_connection);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await CloseAsync(_connection);
    }

    private async ValueTask<WaitConnection?> FindAsync(CancellationToken cancellationToken)
    {
        if (credentials() is not { } user)
            return null;
        if (_connection is { IsEnded: false } open && user == _user)
            return open;
        await _opening.WaitAsync(cancellationToken);
        try
        {
            if (_connection is { IsEnded: false } opened && user == _user)
                return opened;
            if (_stop.IsCancellationRequested || (user == _user && options.Clock.GetElapsedTime(_pause.Since) < _pause.For))
                return null;
            if (_connection is { } old)
                await old.DisposeAsync();
            (_connection, _user) = (null, user);
            return _connection = await OpenAsync(user);
        }
        finally
        {
            _opening.Release();
        }
    }

    // Not ended by the one who happens to ask: others wait for it too.
    private async Task<WaitConnection?> OpenAsync(Credentials user)
    {
        using var limit = new CancellationTokenSource(options.ConnectTimeout, options.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _stop.Token);
        try
        {
            return await WaitConnection.LogInAsync(await transport.OpenAsync(either.Token), user, options, either.Token);
        }
        catch (IggyException refused) when (refused is not IggyConnectionException)
        {
            _pause = (options.Clock.GetTimestamp(), _afterRefusal);
        }
        catch (EndOfStreamException)
        {
            _pause = (options.Clock.GetTimestamp(), _afterSilence); // closed instead of answered: it stops, or knows no such login
        }
        catch (Exception e) when (e is IOException or InvalidDataException or OperationCanceledException or IggyConnectionException)
        {
            _pause = (options.Clock.GetTimestamp(), _afterFailure);
        }
        return null;
    }

    // Of a connection that was replaced meanwhile nothing is left to close.
    private async ValueTask CloseAsync(WaitConnection? failed)
    {
        await _opening.WaitAsync();
        try
        {
            if (failed is null || failed != _connection)
                return;
            _connection = null;
            _pause = (options.Clock.GetTimestamp(), _afterFailure);
            await failed.DisposeAsync();
        }
        finally
        {
            _opening.Release();
        }
    }
}
