using Iggy.Gateway.Sessions;
using Iggy.Grains.Interfaces.Users;
using Iggy.Protocol;

namespace Iggy.Gateway.Commands;

/// <summary>Logging in and out.</summary>
internal sealed class UserCommands(IGrainFactory grains)
{
    /// <summary>Binds a user to the session. Until it succeeds the session stays as it was.</summary>
    /// <returns>The user id.</returns>
    /// <exception cref="CommandRefusedException"><see cref="IggyError.InvalidUsername"/>, <see cref="IggyError.InvalidPassword"/>,
    /// <see cref="IggyError.InvalidCredentials"/>, <see cref="IggyError.UserInactive"/>.</exception>
    public async ValueTask<uint> LogInAsync(Session session, string username, string password)
    {
        CommandRefusedException.ThrowIf(Limits.CheckUsername(username));
        CommandRefusedException.ThrowIf(Limits.CheckPassword(password));

        var directory = grains.GetGrain<IUserDirectoryGrain>(0);
        // A name of digits only is an id here, and only here: clients rely on it.
        var id = Identifier.FromText(username);
        var user = id.Name is { } name ? await directory.FindByNameAsync(name) : await directory.FindByIdAsync(id.Number);
        if (user is null)
            throw new CommandRefusedException(IggyError.InvalidCredentials);
        CommandRefusedException.ThrowIf(RefusalTable.ToError(await grains.GetGrain<IUserGrain>(user.Id).VerifyPasswordAsync(password)));

        session.LogIn(user.Id);
        return user.Id;
    }
}
