using System.Collections.Immutable;
using Orleans.Concurrency;

namespace Iggy.Grains.Interfaces.Users;

/// <summary>One user's secrets and permissions. Key: the user id. Whether the user exists and may log in is the directory's to say.</summary>
[Alias("iggy.IUserGrain")]
public interface IUserGrain : IGrainWithIntegerKey
{
    /// <summary>Sets up the user; called once by the directory, before the user is listed. What a crash left under the id is replaced.</summary>
    /// <exception cref="RefusedException"><see cref="Refusal.StorageFailed"/>.</exception>
    [Alias("Create")]
    ValueTask CreateAsync(string passwordHash, UserPermissions? permissions = null);

    /// <summary>Compares a password. The hash is computed off this grain's turn, so a slow hash holds nobody up.</summary>
    /// <param name="password">As it was sent.</param>
    /// <param name="isFromKnownPlace">Whether somebody has logged in from where it comes: such passwords wait in a queue of their own, which strangers
    /// cannot fill.</param>
    /// <param name="cancellationToken">Whoever asks is gone, and its place in the queue with it.</param>
    /// <returns><see cref="Refusal.None"/>, <see cref="Refusal.InvalidCredentials"/> or <see cref="Refusal.TooManyLogins"/>, which comes at once. A user
    /// id that was never set up costs as much time as a wrong password.</returns>
    [Alias("VerifyPassword"), AlwaysInterleave]
    ValueTask<Refusal> VerifyPasswordAsync(string password, bool isFromKnownPlace = false, CancellationToken cancellationToken = default);

    /// <summary>Replaces the password. Open sessions go on, logins need the new one.</summary>
    /// <param name="current">Always asked for.</param>
    /// <param name="password">3 to 100 bytes, checked by the caller.</param>
    /// <returns><see cref="Refusal.None"/>, <see cref="Refusal.InvalidCredentials"/> or <see cref="Refusal.UserNotFound"/>.</returns>
    /// <exception cref="RefusedException"><see cref="Refusal.StorageFailed"/>, <see cref="Refusal.TooManyLogins"/>; the old password still counts.</exception>
    [Alias("ChangePassword")]
    ValueTask<Refusal> ChangePasswordAsync(string current, string password);

    /// <summary>What the user may do; null for nothing.</summary>
    [Alias("GetPermissions"), AlwaysInterleave]
    ValueTask<UserPermissions?> GetPermissionsAsync();

    /// <summary>Replaces what the user may do; called by the directory.</summary>
    /// <exception cref="RefusedException"><see cref="Refusal.UserNotFound"/>, <see cref="Refusal.StorageFailed"/>.</exception>
    [Alias("SetPermissions")]
    ValueTask SetPermissionsAsync(UserPermissions? permissions);

    /// <summary>Takes out what is granted in one stream or topic; called by the directory. Safe to repeat.</summary>
    /// <returns>Whether there was anything.</returns>
    /// <exception cref="RefusedException"><see cref="Refusal.StorageFailed"/>.</exception>
    [Alias("DropGrants")]
    ValueTask<bool> DropGrantsAsync(uint streamId, uint? topicId);

    /// <summary>The user's tokens without their secrets, in the order they were made.</summary>
    [Alias("ListTokens"), AlwaysInterleave]
    ValueTask<ImmutableArray<TokenEntry>> ListTokensAsync();

    /// <summary>Makes a personal access token. Expired ones go first, so they take no room and no name.</summary>
    /// <param name="name">3 to 30 bytes, checked by the caller.</param>
    /// <param name="expiryMicros">From now on; 0, and a time beyond what 63 bits hold, is never.</param>
    /// <returns>The token: 68 characters, kept nowhere.</returns>
    /// <exception cref="RefusedException"><see cref="Refusal.UserNotFound"/>, <see cref="Refusal.TooManyTokens"/>, <see cref="Refusal.TokenNameTaken"/>,
    /// <see cref="Refusal.StorageFailed"/>; nothing was made.</exception>
    [Alias("CreateToken")]
    ValueTask<string> CreateTokenAsync(string name, ulong expiryMicros);

    /// <summary>Removes a token.</summary>
    /// <exception cref="RefusedException"><see cref="Refusal.TokenNotFound"/>, <see cref="Refusal.StorageFailed"/>.</exception>
    [Alias("DeleteToken")]
    ValueTask DeleteTokenAsync(string name);

    /// <summary>Whether the user has the token with this hash.</summary>
    /// <returns><see cref="Refusal.None"/>, <see cref="Refusal.TokenNotFound"/> or <see cref="Refusal.TokenExpired"/>.</returns>
    [Alias("VerifyToken"), AlwaysInterleave]
    ValueTask<Refusal> VerifyTokenAsync(string hash);

    /// <summary>Removes the tokens whose time is over.</summary>
    /// <returns>How many there were.</returns>
    /// <exception cref="RefusedException"><see cref="Refusal.StorageFailed"/>.</exception>
    [Alias("RemoveExpiredTokens")]
    ValueTask<int> RemoveExpiredTokensAsync();

    /// <summary>Removes the user's state and tokens; called by the directory once the user is no longer listed. Safe to repeat.</summary>
    /// <exception cref="RefusedException"><see cref="Refusal.StorageFailed"/>.</exception>
    [Alias("Delete")]
    ValueTask DeleteAsync();
}

/// <summary>A personal access token without its secret.</summary>
/// <param name="Name">3 to 30 bytes, unique for its user.</param>
/// <param name="ExpiresAtMicros">Since the Unix epoch; 0 for never.</param>
[GenerateSerializer, Immutable, Alias("iggy.TokenEntry")]
public readonly record struct TokenEntry(
    [property: Id(0)] string Name,
    [property: Id(1)] ulong ExpiresAtMicros);
