using System.Collections.Immutable;
using Orleans.Concurrency;

namespace Iggy.Grains.Interfaces.Users;

/// <summary>All users of the server by id and by name, and whether each may log in. Key: 0.</summary>
/// <remarks>Ids are never given again. Every change is told to the gateways before it is answered. Reads never wait behind a change.</remarks>
[Alias("iggy.IUserDirectoryGrain")]
public interface IUserDirectoryGrain : IGrainWithIntegerKey
{
    /// <summary>Makes the root user, id 0, on a server that has none yet.</summary>
    /// <param name="username">3 to 50 bytes, checked by the caller.</param>
    /// <param name="passwordHash">From the server's password hasher; never a password.</param>
    /// <returns>Whether it was made; false where a root user exists, which is left as it is.</returns>
    [Alias("EnsureRoot")]
    ValueTask<bool> EnsureRootAsync(string username, string passwordHash);

    /// <summary>The user with this name, or null.</summary>
    [Alias("FindByName"), AlwaysInterleave]
    ValueTask<UserEntry?> FindByNameAsync(string username);

    /// <summary>The user with this id, or null.</summary>
    [Alias("FindById"), AlwaysInterleave]
    ValueTask<UserEntry?> FindByIdAsync(uint id);

    /// <summary>All users, by ascending id.</summary>
    [Alias("List"), AlwaysInterleave]
    ValueTask<ImmutableArray<UserEntry>> ListAsync();

    /// <summary>The user with its permissions, or null.</summary>
    [Alias("Get"), AlwaysInterleave]
    ValueTask<UserDetails?> GetAsync(uint id);

    /// <summary>Makes a user under the next id.</summary>
    /// <exception cref="RefusedException"><see cref="Refusal.UserNameTaken"/>, <see cref="Refusal.TooManyUsers"/>, <see cref="Refusal.TooManyLogins"/>,
    /// <see cref="Refusal.StorageFailed"/>; nothing was made.</exception>
    [Alias("Create")]
    ValueTask<UserDetails> CreateAsync(NewUser user);

    /// <summary>Changes name, status or both, in one step.</summary>
    /// <param name="id">The user.</param>
    /// <param name="username">3 to 50 bytes, checked by the caller; null to keep it. Its own name is accepted.</param>
    /// <param name="inactive">Whether the user may no longer log in; null to keep it.</param>
    /// <exception cref="RefusedException"><see cref="Refusal.UserNotFound"/>, <see cref="Refusal.RootKeepsPermissions"/> when root would be inactive,
    /// <see cref="Refusal.UserNameTaken"/>, <see cref="Refusal.StorageFailed"/>; nothing was changed.</exception>
    [Alias("Update")]
    ValueTask UpdateAsync(uint id, string? username, bool? inactive);

    /// <summary>Replaces the password and ends the tokens of earlier HTTP logins but one. Open sessions of other transports go on, logins need the new one.</summary>
    /// <param name="id">The user.</param>
    /// <param name="current">Always asked for. A wrong one costs the time of a hash, in which other changes wait: to be verified by the caller first.</param>
    /// <param name="password">3 to 100 bytes, checked by the caller.</param>
    /// <param name="keptToken">Id of the user's own token that the change was made with, which stays good; null for none.</param>
    /// <returns><see cref="Refusal.None"/>, <see cref="Refusal.InvalidCredentials"/> or <see cref="Refusal.UserNotFound"/>.</returns>
    /// <exception cref="RefusedException"><see cref="Refusal.StorageFailed"/>, <see cref="Refusal.TooManyLogins"/>; tokens may have ended, and which password
    /// counts is as the user grain says.</exception>
    [Alias("ChangePassword")]
    ValueTask<Refusal> ChangePasswordAsync(uint id, string current, string password, string? keptToken = null);

    /// <summary>Replaces all permissions.</summary>
    /// <exception cref="RefusedException"><see cref="Refusal.UserNotFound"/>, <see cref="Refusal.RootKeepsPermissions"/>, <see cref="Refusal.StorageFailed"/>;
    /// nothing was changed.</exception>
    [Alias("SetPermissions")]
    ValueTask SetPermissionsAsync(uint id, UserPermissions? permissions);

    /// <summary>Removes a user with its tokens. From the answer on it can neither log in nor do anything.</summary>
    /// <exception cref="RefusedException"><see cref="Refusal.UserNotFound"/>, <see cref="Refusal.RootStays"/>, <see cref="Refusal.StorageFailed"/>.</exception>
    [Alias("Delete")]
    ValueTask DeleteAsync(uint id);

    /// <summary>Takes what was granted in a deleted stream or topic from every user, so that it never applies to the next one under that id.
    /// Called by the grain that gives the id, before it gives it again. Safe to repeat.</summary>
    /// <param name="streamId">The stream.</param>
    /// <param name="topicId">The topic that is gone; null when the stream is.</param>
    /// <exception cref="RefusedException"><see cref="Refusal.StorageFailed"/>: not every user was reached.</exception>
    [Alias("DropGrants")]
    ValueTask DropGrantsAsync(uint streamId, uint? topicId);
}

/// <summary>A user as the directory knows it.</summary>
/// <param name="Id">From 0, the root user; never given again.</param>
/// <param name="Username">3 to 50 bytes.</param>
/// <param name="CreatedAtMicros">Since the Unix epoch.</param>
/// <param name="Inactive">Whether the user may not log in.</param>
/// <param name="HasGrants">Whether the user may hold permissions on single streams; stays set once they are gone.</param>
/// <param name="Generation">Raised whenever what was given to the user before must not count any more: tokens of HTTP logins carry it.</param>
/// <param name="KeptToken">Id of the one token of an earlier generation that is still good: with it the password was changed last.</param>
[GenerateSerializer, Immutable, Alias("iggy.UserEntry")]
public sealed record UserEntry(
    [property: Id(0)] uint Id,
    [property: Id(1)] string Username,
    [property: Id(2)] ulong CreatedAtMicros,
    [property: Id(3)] bool Inactive = false,
    [property: Id(4)] bool HasGrants = false,
    [property: Id(5)] uint Generation = 0,
    [property: Id(6)] string? KeptToken = null)
{
    /// <summary>Whether a token of an HTTP login is still good as far as its user is concerned.</summary>
    /// <param name="generation">Of the user when the token was given.</param>
    /// <param name="tokenId">The token's own id.</param>
    public bool Honours(long generation, string tokenId) => generation == Generation || tokenId == KeptToken;
}

/// <summary>A user with its permissions.</summary>
/// <param name="Entry">The user.</param>
/// <param name="Permissions">Null for none.</param>
[GenerateSerializer, Immutable, Alias("iggy.UserDetails")]
public sealed record UserDetails(
    [property: Id(0)] UserEntry Entry,
    [property: Id(1)] UserPermissions? Permissions);

/// <summary>A user to make.</summary>
/// <param name="Username">3 to 50 bytes, checked by the caller.</param>
/// <param name="Password">3 to 100 bytes, checked by the caller; hashed, and not kept.</param>
/// <param name="Inactive">Whether it may not log in.</param>
/// <param name="Permissions">Null for none.</param>
[GenerateSerializer, Immutable, Alias("iggy.NewUser")]
public sealed record NewUser(
    [property: Id(0)] string Username,
    [property: Id(1)] string Password,
    [property: Id(2)] bool Inactive,
    [property: Id(3)] UserPermissions? Permissions)
{
    /// <summary>Without the secret, for logs.</summary>
    public override string ToString() => $"NewUser {{ Username = {Username} }}";
}
