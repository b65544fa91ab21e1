using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Users;
using Iggy.Grains.Metadata;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace Iggy.Grains.Users;

/// <summary>Keeps one user's password hash and compares passwords with it.</summary>
[Reentrant] // logins do not wait for each other's hash; the state changes in one step, after the write
internal sealed partial class UserGrain(
    [PersistentState("user", MetadataStore.ProviderName)] IPersistentState<UserState> state,
    PasswordHasher hasher, ILogger<UserGrain> logger)
    : StateKeeper<UserState>(state, logger), IUserGrain
{
    private readonly VerifiedPassword _verified = new();

    public async ValueTask CreateAsync(string passwordHash) => await StoreAsync(new UserState { PasswordHash = passwordHash });

    public async ValueTask<Refusal> VerifyPasswordAsync(string password)
    {
        var (hash, inactive) = (Exists ? Stored.PasswordHash : null, Stored.Inactive);
        if (!_verified.Is(password, hash))
        {
            if (!await hasher.VerifyAsync(password, hash))
            {
                LogWrongPassword(logger, this.GetPrimaryKeyLong());
                return Refusal.InvalidCredentials;
            }

            _verified.Remember(password, hash!); // a password was right, so there is a hash
        }

        return inactive ? Refusal.UserInactive : Refusal.None;
    }

    [LoggerMessage(2201, LogLevel.Debug, "Wrong password for user {UserId}")]
    private static partial void LogWrongPassword(ILogger logger, long userId);
}
