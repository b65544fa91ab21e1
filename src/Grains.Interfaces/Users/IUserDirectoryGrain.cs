using System.Collections.Immutable;

namespace Iggy.Grains.Interfaces.Users;

/// <summary>All users of the server by id and by name. Key: 0.</summary>
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
    [Alias("FindByName")]
    ValueTask<UserEntry?> FindByNameAsync(string username);

    /// <summary>The user with this id, or null.</summary>
    [Alias("FindById")]
    ValueTask<UserEntry?> FindByIdAsync(uint id);

    /// <summary>All users, by ascending id.</summary>
    [Alias("List")]
    ValueTask<ImmutableArray<UserEntry>> ListAsync();
}

/// <summary>A user as the directory knows it.</summary>
[GenerateSerializer, Immutable, Alias("iggy.UserEntry")]
public sealed record UserEntry(
    [property: Id(0)] uint Id,
    [property: Id(1)] string Username,
    [property: Id(2)] ulong CreatedAtMicros);
