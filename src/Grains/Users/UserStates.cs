using System.Collections.Immutable;
using Iggy.Grains.Interfaces.Users;

namespace Iggy.Grains.Users;

/// <summary>What the user directory keeps. A disk format: see <see cref="Metadata.StateSerializer"/>.</summary>
internal sealed record UserDirectoryState
{
    /// <summary>By ascending id.</summary>
    public ImmutableArray<UserEntry> Users { get; init => field = value.IsDefault ? [] : value; } = [];
}

/// <summary>What a user keeps. A disk format: see <see cref="Metadata.StateSerializer"/>.</summary>
internal sealed record UserState
{
    /// <summary>From <see cref="PasswordHasher"/>; never a password.</summary>
    public string PasswordHash { get; init; } = "";

    /// <summary>Whether the user may not log in.</summary>
    public bool Inactive { get; init; }
}
