using System.Threading.RateLimiting;
using Iggy.Grains.Interfaces;
using Iggy.Grains.Options;
using Microsoft.Extensions.Options;
using static BCrypt.Net.BCrypt;

namespace Iggy.Grains.Users;

/// <summary>The one place where a password becomes a hash.</summary>
/// <remarks>BCrypt reads 72 bytes and a password may have 100, so it is hashed with SHA-384 first (the library's "enhanced" form).
/// The work runs on the thread pool and in two queues: a flood of logins must neither starve the message path nor keep those out who have logged in from
/// where they are. Strangers get half of the cores, the others a quarter of their own. Both queues are short, and whoever finds one full hears so at
/// once: a login that waits longer than its client is work for nobody.</remarks>
public sealed class PasswordHasher(IOptions<UserOptions> options) : IDisposable
{
    private readonly ConcurrencyLimiter _strangers = NewQueue(Environment.ProcessorCount / 2, options.Value);
    private readonly ConcurrencyLimiter _known = NewQueue(Environment.ProcessorCount / 4, options.Value);

    // Compared with when there is no user, so that the answer takes as long as for one there is.
    private readonly Lazy<string> _nobody = new(() => EnhancedHashPassword(Guid.NewGuid().ToString(), options.Value.PasswordWorkFactor));

    /// <summary>A new salted hash, about 60 characters. Only those who have logged in ask for one.</summary>
    /// <param name="password">3 to 100 bytes of UTF-8, checked by the caller; not kept.</param>
    /// <exception cref="RefusedException"><see cref="Refusal.TooManyLogins"/>.</exception>
    public async Task<string> HashAsync(string password)
    {
        using var turn = await _known.AcquireAsync();
        return turn.IsAcquired
            ? await Task.Run(() => EnhancedHashPassword(password, options.Value.PasswordWorkFactor))
            : throw new RefusedException(Refusal.TooManyLogins, $"{options.Value.MaxWaitingPasswords} passwords wait (Iggy:Users:MaxWaitingPasswords).");
    }

    /// <summary>Whether a password is the one a hash was made from.</summary>
    /// <param name="password">As the client sent it; not kept.</param>
    /// <param name="hash">From <see cref="HashAsync"/>; null for a user that does not exist: wrong, after as much work.</param>
    /// <param name="isFromKnownPlace">Which queue it waits in.</param>
    /// <param name="cancellationToken">Honoured while it waits, ignored after.</param>
    /// <returns><see cref="Refusal.None"/>, <see cref="Refusal.InvalidCredentials"/> or <see cref="Refusal.TooManyLogins"/>.</returns>
    public async Task<Refusal> VerifyAsync(string password, string? hash, bool isFromKnownPlace = false, CancellationToken cancellationToken = default)
    {
        using var turn = await (isFromKnownPlace ? _known : _strangers).AcquireAsync(cancellationToken: cancellationToken);
        if (!turn.IsAcquired)
            return Refusal.TooManyLogins;
        var isRight = await Task.Run(() => EnhancedVerify(password, hash ?? _nobody.Value) && hash is not null, CancellationToken.None);
        return isRight ? Refusal.None : Refusal.InvalidCredentials;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _strangers.Dispose();
        _known.Dispose();
    }

    private static ConcurrencyLimiter NewQueue(int turns, UserOptions options) => new(new ConcurrencyLimiterOptions
    {
        PermitLimit = Math.Max(1, turns),
        QueueLimit = options.MaxWaitingPasswords,
        QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
    });
}
