using System.Collections.Immutable;
using Iggy.Grains.Catalog;
using Iggy.Grains.Interfaces.Users;
using Iggy.Grains.Metadata;
using Microsoft.Extensions.Logging;

namespace Iggy.Grains.Users;

/// <summary>Gives user ids and names. Calls go down to the users only.</summary>
internal sealed partial class UserDirectoryGrain(
    [PersistentState("users", MetadataStore.ProviderName)] IPersistentState<UserDirectoryState> state,
    TimeProvider clock, ILogger<UserDirectoryGrain> logger)
    : StateKeeper<UserDirectoryState>(state, logger), IUserDirectoryGrain
{
    private const uint RootId = 0;

    public async ValueTask<bool> EnsureRootAsync(string username, string passwordHash)
    {
        if (Find(RootId) is not null)
            return false;

        // The secret first: a listed user can log in, and what a crash leaves is overwritten by the next attempt.
        await GrainFactory.GetGrain<IUserGrain>(RootId).CreateAsync(passwordHash);
        await StoreAsync(Stored with { Users = Stored.Users.Insert(0, new UserEntry(RootId, username, clock.NowMicros())) });
        LogRootMade(logger, username);
        return true;
    }

    public ValueTask<UserEntry?> FindByNameAsync(string username)
    {
        foreach (var user in Stored.Users)
        {
            if (user.Username == username)
                return new(user);
        }

        return new((UserEntry?)null);
    }

    public ValueTask<UserEntry?> FindByIdAsync(uint id) => new(Find(id));

    public ValueTask<ImmutableArray<UserEntry>> ListAsync() => new(Stored.Users);

    private UserEntry? Find(uint id)
    {
        foreach (var user in Stored.Users)
        {
            if (user.Id == id)
                return user;
        }

        return null;
    }

    [LoggerMessage(2200, LogLevel.Information, "Root user {Username} was created")]
    private static partial void LogRootMade(ILogger logger, string username);
}
