using Iggy.Grains.Options;
using Microsoft.Extensions.Options;
using static BCrypt.Net.BCrypt;

namespace Iggy.Grains.Users;

/// <summary>The one place where a password becomes a hash.</summary>
/// <remarks>BCrypt reads 72 bytes and a password may have 100, so it is hashed with SHA-384 first (the library's "enhanced" form).
/// The work runs on the thread pool, at most on half of the cores: a flood of logins must not starve the message path.</remarks>
public sealed class PasswordHasher(IOptions<UserOptions> options) : IDisposable
{
    private readonly SemaphoreSlim _turns = new(Math.Max(1, Environment.ProcessorCount / 2));

    // Compared with when there is no user, so that the answer takes as long as for one there is.
    private readonly Lazy<string> _nobody = new(() => EnhancedHashPassword(Guid.NewGuid().ToString(), options.Value.PasswordWorkFactor));

    /// <summary>A new salted hash, about 60 characters.</summary>
    /// <param name="password">3 to 100 bytes of UTF-8, checked by the caller; not kept.</param>
    public Task<string> HashAsync(string password) =>
        RunAsync(() => EnhancedHashPassword(password, options.Value.PasswordWorkFactor));

    /// <summary>Whether a password is the one a hash was made from.</summary>
    /// <param name="password">As the client sent it; not kept.</param>
    /// <param name="hash">From <see cref="HashAsync"/>; null for a user that does not exist: false, after as much work.</param>
    public Task<bool> VerifyAsync(string password, string? hash) =>
        RunAsync(() => EnhancedVerify(password, hash ?? _nobody.Value) && hash is not null);

    /// <inheritdoc/>
    public void Dispose() => _turns.Dispose();

    private async Task<T> RunAsync<T>(Func<T> work)
    {
        await _turns.WaitAsync();
        try
        {
            return await Task.Run(work);
        }
        finally
        {
            _turns.Release();
        }
    }
}
