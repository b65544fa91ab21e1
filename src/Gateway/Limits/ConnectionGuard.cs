using System.Net;
using Iggy.Grains.Interfaces.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Limits;

/// <summary>What all listeners share: the descriptors of the process, and how many connections one address may have, all in all and without a login.</summary>
internal sealed partial class ConnectionGuard(IOptions<FrameLimits> limits, IDescriptorBudget descriptors, TimeProvider clock, ILogger<ConnectionGuard> logger)
{
    // Between looks for a free descriptor, which open logs give back too: long enough not to spin, short enough to be felt by nobody.
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan _quiet = TimeSpan.FromMinutes(1);

    private readonly AddressCounts _all = new(), _strangers = new();
    private long _allowed;
    private long _toldFullAt;

    /// <summary>A listener allows so many connections, each with a descriptor. Said once where the process may not open as many.</summary>
    public void Announce(int connections)
    {
        var allowed = Interlocked.Add(ref _allowed, connections);
        if (allowed > descriptors.Limit && allowed - connections <= descriptors.Limit)
            LogFewDescriptors(logger, allowed, descriptors.Limit);
    }

    /// <summary>Takes the descriptor of the next connection once there is one: at the limit of the process the runtime itself would fail, so nobody is accepted
    /// until one is free, and those who wait do so in the system's queue.</summary>
    /// <exception cref="OperationCanceledException">None was taken.</exception>
    public async ValueTask TakeDescriptorAsync(CancellationToken stopping)
    {
        while (!descriptors.TryTake(1))
        {
            TellFull();
            await Task.Delay(_pause, clock, stopping);
        }
    }

    /// <summary>Gives a descriptor back.</summary>
    public void ReturnDescriptor() => descriptors.Return(1);

    /// <summary>Counts a new connection, as a stranger's.</summary>
    /// <param name="peer">Where it comes from; an unknown place counts as one address.</param>
    /// <returns>False when it is one too many.</returns>
    public bool TryEnter(EndPoint? peer)
    {
        var address = Address(peer);
        if (!_all.TryAdd(address, limits.Value.MaxConnectionsPerAddress, out var isFirstRefusal))
        {
            if (isFirstRefusal)
                LogTooMany(logger, address, limits.Value.MaxConnectionsPerAddress);
            return false;
        }
        if (_strangers.TryAdd(address, limits.Value.MaxStrangersPerAddress, out isFirstRefusal))
            return true;
        _all.Remove(address);
        if (isFirstRefusal)
            LogTooManyStrangers(logger, address, limits.Value.MaxStrangersPerAddress);
        return false;
    }

    /// <summary>One that was let in is gone.</summary>
    public void Leave(EndPoint? peer, bool isStranger)
    {
        _all.Remove(Address(peer));
        if (isStranger)
            _strangers.Remove(Address(peer));
    }

    /// <summary>One that was let in has logged in, or out again.</summary>
    public void Change(EndPoint? peer, bool isStranger)
    {
        if (isStranger)
            _strangers.TryAdd(Address(peer), limit: 0, out _); // it is here already
        else
            _strangers.Remove(Address(peer));
    }

    // Clients that come and go at the limit make it full many times a second.
    private void TellFull()
    {
        var (before, now) = (Interlocked.Read(ref _toldFullAt), clock.GetTimestamp());
        if ((before == 0 || clock.GetElapsedTime(before, now) >= _quiet) && Interlocked.CompareExchange(ref _toldFullAt, now, before) == before)
            LogFull(logger, descriptors.InUse, descriptors.Limit);
    }

    private static IPAddress Address(EndPoint? peer) => (peer as IPEndPoint)?.Address ?? IPAddress.None;

    [LoggerMessage(3007, LogLevel.Warning, "Connections from {Address} are refused while {Limit} are open (Iggy:Limits:MaxConnectionsPerAddress)")]
    private static partial void LogTooMany(ILogger logger, IPAddress address, int limit);

    [LoggerMessage(3013, LogLevel.Warning, "Connections from {Address} are refused while {Limit} are open that have not logged in (Iggy:Limits:MaxStrangersPerAddress)")]
    private static partial void LogTooManyStrangers(ILogger logger, IPAddress address, int limit);

    [LoggerMessage(3014, LogLevel.Warning, "No connection is accepted until others end: {InUse} of {Limit} descriptors are in use (the limit of open files, nofile)")]
    private static partial void LogFull(ILogger logger, long inUse, long limit);

    [LoggerMessage(3015, LogLevel.Warning, "The listeners allow {Allowed} connections, but there is room for {Limit}: raise the limit of open files (nofile), or lower MaxConnections")]
    private static partial void LogFewDescriptors(ILogger logger, long allowed, long limit);
}
