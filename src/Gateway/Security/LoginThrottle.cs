using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.RateLimiting;
using Iggy.Grains.Interfaces;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Security;

/// <summary>Makes guessing slow: answers to failed logins wait, and a name that failed too often from one address is tried by a few at a time.</summary>
/// <remarks>Counted by address, by name, and by both together. Behind one address may be a whole company, and a name is known to many: so neither shuts
/// anybody out, and a right password is not delayed by what others got wrong. Only where both are the same the attempts take turns, each for as long as its
/// answer waits. Failures are forgotten at the rate at which they are free.</remarks>
internal sealed partial class LoginThrottle(IOptions<LoginOptions> options, TimeProvider clock, ILogger<LoginThrottle> logger) : IDisposable
{
    private const int SlowFactor = 3;   // from this many times the free failures on, attempts take turns
    private const int Turns = 4;        // more than a program needs that tries an old password every two seconds
    private const int Waiting = 12;     // the last of them waits for three of the longest delays
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);

    private long _failures;
    private readonly int _free = options.Value.FailuresPerMinute;
    private readonly FailureMeter _addresses = NewMeter(options.Value, clock), _names = NewMeter(options.Value, clock), _pairs = NewMeter(options.Value, clock);
    private readonly KnownPlaces _known = new(clock);

    // Made for those that fail, and gone some seconds after: as many as there are buckets at most. Lazy, for it looks ten times a second for those to let go of,
    // and on most servers nobody ever fails so often.
    private readonly Lazy<PartitionedRateLimiter<int>> _turns = new(static () => PartitionedRateLimiter.Create<int, int>(static bucket => RateLimitPartition.GetConcurrencyLimiter(
        bucket, static _ => new ConcurrencyLimiterOptions { PermitLimit = Turns, QueueLimit = Waiting, QueueProcessingOrder = QueueProcessingOrder.OldestFirst })));

    /// <summary>Lets an attempt by password begin; at once, unless the same name has failed too often from the same address.</summary>
    /// <param name="peer"><c>ip:port</c>.</param>
    /// <param name="name">Whose password is tried.</param>
    /// <param name="gone">Whoever tries has left.</param>
    /// <returns>To be disposed when the attempt is answered.</returns>
    /// <exception cref="RefusedException"><see cref="Refusal.TooManyLogins"/>: too many try the same at the same time.</exception>
    public async ValueTask<LoginAttempt> EnterAsync(string peer, string name, CancellationToken gone)
    {
        var address = AddressKey(peer);
        var isKnown = _known.Contains(address) && (_free == 0 || _addresses.Read(address) <= _free); // who fails often is a stranger again
        var pair = PairKey(address, name);
        if (_free == 0 || _pairs.Read(pair) <= (_free * SlowFactor) - 1)
            return new LoginAttempt(isKnown, turn: null);

        var turn = await _turns.Value.AcquireAsync(_pairs.BucketOf(pair), cancellationToken: gone);
        if (turn.IsAcquired)
            return new LoginAttempt(isKnown, turn);
        turn.Dispose();
        throw new RefusedException(Refusal.TooManyLogins, $"{Turns + Waiting} logins of one name from {peer} are under way, of which too many failed before.");
    }

    /// <summary>Remembers where somebody logged in from.</summary>
    public void Succeed(string peer) => _known.Add(AddressKey(peer));

    /// <summary>Counts a failed attempt and waits as long as its answer has to.</summary>
    /// <param name="peer"><c>ip:port</c>.</param>
    /// <param name="name">Whose secret was tried; null when that is not known.</param>
    /// <param name="gone">Whoever tried has left: nobody waits for the answer.</param>
    public async Task FailAsync(string peer, string? name, CancellationToken gone)
    {
        Interlocked.Increment(ref _failures);
        if (_free == 0)
            return;

        var address = AddressKey(peer);
        var failures = _addresses.Add(address);
        if (name is not null)
        {
            var ofPair = _pairs.Add(PairKey(address, name));
            if (ofPair > (_free * SlowFactor) - 1)
                LogSlow(logger, peer);
            failures = Math.Max(failures, _names.Add(Encoding.UTF8.GetBytes(name)));
        }
        if (failures > _free)
            await Task.Delay(Delay(failures - _free), clock, gone);
    }

    /// <summary>Failures since the start.</summary>
    public long FailuresCount => Interlocked.Read(ref _failures);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_turns.IsValueCreated)
            _turns.Value.Dispose();
    }

    private static FailureMeter NewMeter(LoginOptions options, TimeProvider clock) =>
        new(Math.Max(1, options.FailuresPerMinute), options.FailuresPerMinute * SlowFactor, clock);

    // An IPv6 host has a network of addresses to itself, so that network is what counts.
    private static byte[] AddressKey(string peer)
    {
        if (!IPEndPoint.TryParse(peer, out var endPoint))
            return Encoding.UTF8.GetBytes(peer);
        var bytes = endPoint.Address.GetAddressBytes();
        return endPoint.AddressFamily is AddressFamily.InterNetworkV6 ? bytes[..8] : bytes;
    }

    private static byte[] PairKey(byte[] address, string name) => [(byte)address.Length, .. address, .. Encoding.UTF8.GetBytes(name)];

    private TimeSpan Delay(double excess)
    {
        var delay = FirstDelay * Math.Pow(2, Math.Min(Math.Ceiling(excess), 20) - 1); // 20: beyond any limit that can be set
        return delay < options.Value.MaxDelay ? delay : options.Value.MaxDelay;
    }

    [LoggerMessage(3110, LogLevel.Warning, "Too many logins of one name from {Peer} failed; a few at a time are listened to")]
    private static partial void LogSlow(ILogger logger, string peer);
}

/// <summary>An attempt to log in that was let begin.</summary>
internal readonly struct LoginAttempt(bool isFromKnownPlace, RateLimitLease? turn) : IDisposable
{
    /// <summary>Whether somebody has logged in from the same address before, and few failed there since.</summary>
    public bool IsFromKnownPlace { get; } = isFromKnownPlace;

    /// <inheritdoc/>
    public void Dispose() => turn?.Dispose();
}
