using System.Net;
using Microsoft.Extensions.Logging;

namespace Iggy.Gateway.Limits;

/// <summary>The way in of one listener, the same for every transport: takes a descriptor before it accepts, goes on whatever an accept throws, and lets in as many as
/// the listener and the <see cref="ConnectionGuard"/> allow.</summary>
internal sealed partial class ListenerDoor
{
    // After an accept that failed: long enough not to spin, short enough to be felt by nobody.
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(50);

    private readonly ConnectionGuard _guard;
    private readonly DoorSettings _settings;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private int _open;

    /// <summary>Opens it.</summary>
    public ListenerDoor(ConnectionGuard guard, DoorSettings settings, TimeProvider clock, ILogger logger)
    {
        (_guard, _settings, _clock, _logger) = (guard, settings, clock, logger);
        if (settings.TakesDescriptors)
            guard.Announce(settings.MaxConnections);
    }

    /// <summary>Connections that are inside.</summary>
    public int OpenCount => Volatile.Read(ref _open);

    /// <summary>The next connection that may stay.</summary>
    /// <param name="accept">Accepts one; null once the listener is closed.</param>
    /// <param name="peerOf">Where it comes from. May throw where it has gone again.</param>
    /// <param name="refuse">Closes one that may not stay.</param>
    /// <param name="stopping">Ends the wait.</param>
    /// <returns>It and its place, which is disposed when it ends; null when the listener is closed.</returns>
    public async ValueTask<(T Connection, ConnectionPlace Place)?> AcceptAsync<T>(
        Func<ValueTask<T?>> accept, Func<T, EndPoint?> peerOf, Action<T> refuse, CancellationToken stopping) where T : class
    {
        while (true)
        {
            try
            {
                if (_settings.TakesDescriptors)
                    await _guard.TakeDescriptorAsync(stopping);
            }
            catch (OperationCanceledException)
            {
                return null;
            }

            T? accepted = null;
            try
            {
                accepted = await accept();
                if (accepted is null)
                {
                    ReturnDescriptor();
                    return null;
                }
                if (TryEnter(peerOf(accepted)) is { } place)
                    return (accepted, place);
            }
            catch (Exception) when (accepted is null && stopping.IsCancellationRequested)
            {
                ReturnDescriptor();
                return null; // the listener was closed under the accept: that is how it is told to end
            }
            catch (Exception failed)
            {
                // A peer that was gone before it was accepted, want of memory, whatever: others must still get in.
                LogNotAccepted(_logger, failed);
                await Task.Delay(_pause, _clock, CancellationToken.None);
            }
            if (accepted is not null)
                refuse(accepted);
            ReturnDescriptor();
        }
    }

    private ConnectionPlace? TryEnter(EndPoint? peer)
    {
        if (Interlocked.Increment(ref _open) > _settings.MaxConnections)
        {
            Interlocked.Decrement(ref _open);
            LogTooMany(_logger, _settings.MaxConnections, _settings.Section);
            return null;
        }
        if (_guard.TryEnter(peer))
            return new ConnectionPlace(_guard, peer, Leave);
        Interlocked.Decrement(ref _open);
        return null;
    }

    private void Leave()
    {
        Interlocked.Decrement(ref _open);
        ReturnDescriptor();
    }

    private void ReturnDescriptor()
    {
        if (_settings.TakesDescriptors)
            _guard.ReturnDescriptor();
    }

    [LoggerMessage(3004, LogLevel.Warning, "A connection could not be accepted")]
    private static partial void LogNotAccepted(ILogger logger, Exception exception);

    [LoggerMessage(3005, LogLevel.Warning, "A connection was refused: {Limit} are open ({Section}:MaxConnections)")]
    private static partial void LogTooMany(ILogger logger, int limit, string section);
}

/// <summary>What one listener allows.</summary>
/// <param name="Section">Of its options, for people.</param>
/// <param name="MaxConnections">Most at a time.</param>
/// <param name="TakesDescriptors">Whether each connection is a socket of its own; those of QUIC share one.</param>
internal sealed record DoorSettings(string Section, int MaxConnections, bool TakesDescriptors = true);
