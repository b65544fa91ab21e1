using System.Collections.Immutable;
using Iggy.Grains.Interfaces.Users;
using Iggy.Grains.Metadata;

namespace Iggy.Grains.Users;

/// <summary>What the user directory keeps. A disk format: see <see cref="Hosting.StateSerializer"/>.</summary>
internal sealed record UserDirectoryState : DirectoryState<UserEntry>
{
    /// <summary>By ascending id.</summary>
    public ImmutableArray<UserEntry> Users { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>The id of the next user at least; never goes back, so an id never names another user.</summary>
    public uint NextId { get; init; }

    /// <summary>Ids of users that are no longer listed, but whose state and tokens may still be there.</summary>
    public ImmutableArray<uint> Removing { get; init => field = value.IsDefault ? [] : value; } = [];

    internal override ImmutableArray<UserEntry> Entries => Users;

    internal override uint IdOf(UserEntry entry) => entry.Id;

    internal override bool IsRemoving(UserEntry entry) => Removing.Contains(entry.Id);

    internal override UserDirectoryState With(ImmutableArray<UserEntry> entries) => this with { Users = entries };
}

/// <summary>What a user keeps. A disk format: see <see cref="Hosting.StateSerializer"/>.</summary>
internal sealed record UserState : StoredState
{
    /// <summary>From <see cref="PasswordHasher"/>; never a password.</summary>
    public string PasswordHash { get; init; } = "";

    /// <summary>What the user may do; null for nothing. Root's are not kept: it may do everything.</summary>
    public UserPermissions? Permissions { get; init; }

    /// <summary>In the order they were made.</summary>
    public ImmutableArray<StoredToken> Tokens { get; init => field = value.IsDefault ? [] : value; } = [];
}

/// <summary>A personal access token as it is kept.</summary>
/// <param name="Name">3 to 30 bytes.</param>
/// <param name="Hash">From <see cref="TokenHash"/>; never a token.</param>
/// <param name="ExpiresAtMicros">Since the Unix epoch; 0 for never.</param>
internal readonly record struct StoredToken(string Name, string Hash, ulong ExpiresAtMicros)
{
    /// <summary>Whether its time is over.</summary>
    public bool IsExpired(ulong nowMicros) => ExpiresAtMicros != 0 && ExpiresAtMicros <= nowMicros;
}

/// <summary>What one shard of the token index keeps. A disk format: see <see cref="Hosting.StateSerializer"/>.</summary>
internal sealed record TokenIndexState : StoredState
{
    /// <summary>In no order.</summary>
    public ImmutableArray<TokenOwner> Tokens { get; init => field = value.IsDefault ? [] : value; } = [];
}

/// <summary>What one shard of the revoked tokens keeps. A disk format: see <see cref="Hosting.StateSerializer"/>.</summary>
internal sealed record RevokedTokensState : StoredState
{
    /// <summary>By the token's id, when it would have ended by itself: seconds since the Unix epoch.</summary>
    public ImmutableDictionary<string, long> Tokens { get; init => field = value ?? ImmutableDictionary<string, long>.Empty; } = ImmutableDictionary<string, long>.Empty;
}
