using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Users;
using Iggy.Grains.Metadata;
using Iggy.Grains.Options;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iggy.Grains.Users;

/// <summary>Keeps one user's password hash and permissions; the tokens are in the other half.</summary>
/// <remarks>Changes come one at a time. What is asked at a login interleaves, so logins wait neither for each other's hash nor for a change.</remarks>
internal sealed partial class UserGrain(
    [PersistentState("user", MetadataStore.ProviderName)] IPersistentState<UserState> state,
    PasswordHasher hasher, IOptions<TokenOptions> options, TimeProvider clock, ILogger<UserGrain> logger)
    : StateKeeper<UserState>(state, logger), IUserGrain
{
    private readonly VerifiedPassword _verified = new();
    private readonly PasswordComparisons _comparisons = new();

    public async ValueTask CreateAsync(string passwordHash, UserPermissions? permissions) =>
        await StoreAsync(new UserState { PasswordHash = passwordHash, Permissions = permissions });

    public async ValueTask<Refusal> VerifyPasswordAsync(string password, bool isFromKnownPlace, CancellationToken cancellationToken)
    {
        var hash = Exists ? Stored.PasswordHash : null;
        if (_verified.Is(password, hash))
            return Refusal.None;

        var refusal = await _comparisons.JoinAsync(
            new(password, hash, isFromKnownPlace), token => hasher.VerifyAsync(password, hash, isFromKnownPlace, token), cancellationToken);
        if (refusal is Refusal.None)
            _verified.Remember(password, hash!); // a password was right, so there is a hash
        else
            LogRefused(logger, this.GetPrimaryKeyLong(), refusal);
        return refusal;
    }

    public async ValueTask<Refusal> ChangePasswordAsync(string current, string password)
    {
        if (!Exists)
            return Refusal.UserNotFound;
        if (await VerifyPasswordAsync(current, isFromKnownPlace: true, CancellationToken.None) is var wrong and not Refusal.None)
            return wrong;

        await StoreAsync(Stored with { PasswordHash = await hasher.HashAsync(password) });
        return Refusal.None;
    }

    public ValueTask<UserPermissions?> GetPermissionsAsync() => new(Stored.Permissions);

    public async ValueTask SetPermissionsAsync(UserPermissions? permissions)
    {
        RefuseGone();
        await StoreAsync(Stored with { Permissions = permissions });
    }

    public async ValueTask<bool> DropGrantsAsync(uint streamId, uint? topicId)
    {
        var kept = Stored.Permissions?.Without(streamId, topicId);
        if (!Exists || ReferenceEquals(kept, Stored.Permissions))
            return false;

        await StoreAsync(Stored with { Permissions = kept });
        return true;
    }

    public async ValueTask DeleteAsync()
    {
        if (!Exists)
            return;

        await ForgetTokensAsync(Stored.Tokens); // first: after the row nobody would know them
        await ForgetAsync();
    }

    private void RefuseGone()
    {
        if (!Exists)
            throw new RefusedException(Refusal.UserNotFound, $"There is no user with the id {this.GetPrimaryKeyLong()}.");
    }

    [LoggerMessage(2201, LogLevel.Debug, "A password for user {UserId} was refused: {Reason}")]
    private static partial void LogRefused(ILogger logger, long userId, Refusal reason);
}
