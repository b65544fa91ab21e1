using Iggy.Gateway.Errors;
using Iggy.Gateway.Security;
using Iggy.Gateway.Sessions;
using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Users;
using Iggy.Protocol;

namespace Iggy.Gateway.Commands;

/// <summary>Logging in, by password or by token. Until it succeeds the session stays as it was.</summary>
internal sealed class LoginCommands(IGrainFactory grains, LoginThrottle throttle)
{
    // A user grain that is never set up: comparing with it takes as long as with a real one.
    private const uint Nobody = Session.NoUser;

    /// <summary>Logs in by name and password.</summary>
    /// <returns>The user id.</returns>
    /// <exception cref="CommandRefusedException"><see cref="IggyError.InvalidUsername"/>, <see cref="IggyError.InvalidPassword"/>,
    /// <see cref="IggyError.InvalidCredentials"/>, and only with the right password <see cref="IggyError.UserInactive"/>.</exception>
    /// <exception cref="RefusedException"><see cref="Refusal.TooManyLogins"/>.</exception>
    public async ValueTask<uint> LogInAsync(Session session, string username, string password)
    {
        CommandRefusedException.ThrowIf(ProtocolLimits.CheckUsername(username));
        CommandRefusedException.ThrowIf(ProtocolLimits.CheckPassword(password));

        // A name of digits only is an id here, and only here: clients rely on it.
        var id = Identifier.FromText(username);
        var user = id.Name is { } name ? await Directory.FindByNameAsync(name) : await Directory.FindByIdAsync(id.Number);
        return LogIn(session, await VerifyAsync(session, user, username, password));
    }

    /// <summary>Finds the user that a name and a password belong to, without a login. Digits are a name like any other.</summary>
    /// <param name="session">Whoever asks.</param>
    /// <param name="username">Of any length; what cannot be a name is one that nobody has.</param>
    /// <param name="password">Of any length.</param>
    /// <returns>The user as it was before the password was compared.</returns>
    /// <exception cref="CommandRefusedException"><see cref="IggyError.InvalidCredentials"/>, and only with the right password
    /// <see cref="IggyError.UserInactive"/>.</exception>
    /// <exception cref="RefusedException"><see cref="Refusal.TooManyLogins"/>.</exception>
    public async ValueTask<UserEntry> VerifyAsync(Session session, string username, string password)
    {
        var mayBeOne = ProtocolLimits.CheckUsername(username) is IggyError.None && ProtocolLimits.CheckPassword(password) is IggyError.None;
        var user = mayBeOne ? await Directory.FindByNameAsync(username) : null;
        return RefuseInactive(await VerifyAsync(session, user, username, mayBeOne ? password : ""));
    }

    /// <summary>Finds the user that a personal access token belongs to, without a login. No token can be guessed, and none is slow to look up: a right
    /// one is never refused for what others got wrong.</summary>
    /// <exception cref="CommandRefusedException"><see cref="IggyError.ResourceNotFound"/>, <see cref="IggyError.PersonalAccessTokenExpired"/>,
    /// <see cref="IggyError.UserInactive"/>.</exception>
    public async ValueTask<UserEntry> VerifyAsync(Session session, string token)
    {
        var (user, refusal) = await FindOwnerAsync(TokenHash.Of(token));
        if (user is null)
            await throttle.FailAsync(session.Address, name: null, session.Gone);
        CommandRefusedException.ThrowIf(RefusalTable.ToError(refusal));
        throttle.Succeed(session.Address);
        return RefuseInactive(user!); // not refused, so there is one
    }

    /// <summary>Whether a user still has a personal access token, and its time is not over.</summary>
    public async ValueTask<bool> IsStillGoodAsync(uint userId, string hash) => await grains.GetGrain<IUserGrain>(userId).VerifyTokenAsync(hash) is Refusal.None;

    /// <summary>Logs in by personal access token, with all that its owner may do.</summary>
    /// <returns>The user id.</returns>
    /// <exception cref="CommandRefusedException"><see cref="IggyError.ResourceNotFound"/>, <see cref="IggyError.PersonalAccessTokenExpired"/>,
    /// <see cref="IggyError.UserInactive"/>.</exception>
    public async ValueTask<uint> LogInAsync(Session session, string token) => LogIn(session, await VerifyAsync(session, token));

    private IUserDirectoryGrain Directory => grains.GetGrain<IUserDirectoryGrain>(0);

    private async ValueTask<(UserEntry? User, Refusal Refusal)> FindOwnerAsync(string hash)
    {
        if (await grains.GetGrain<ITokenIndexGrain>(TokenHash.Shard(hash)).FindAsync(hash) is not { } id
            || await Directory.FindByIdAsync(id) is not { } user)
            return (null, Refusal.TokenNotFound);

        var refusal = await grains.GetGrain<IUserGrain>(id).VerifyTokenAsync(hash);
        return (refusal is Refusal.TokenNotFound ? null : user, refusal);
    }

    private async ValueTask<UserEntry> VerifyAsync(Session session, UserEntry? user, string username, string password)
    {
        session.IsLoggingIn = true;
        try
        {
            return await CompareAsync(session, user, username, password);
        }
        finally
        {
            session.IsLoggingIn = false;
        }
    }

    private async ValueTask<UserEntry> CompareAsync(Session session, UserEntry? user, string username, string password)
    {
        var name = user?.Username ?? username;
        using var attempt = await throttle.EnterAsync(session.Address, name, session.Gone);
        var refusal = await grains.GetGrain<IUserGrain>(user?.Id ?? Nobody).VerifyPasswordAsync(password, attempt.IsFromKnownPlace, session.Gone);
        if (refusal is Refusal.None && user is not null)
        {
            throttle.Succeed(session.Address);
            return user;
        }
        if (refusal is Refusal.TooManyLogins)
            throw new RefusedException(refusal, "Too many passwords wait to be compared (Iggy:Users:MaxWaitingPasswords).");
        await throttle.FailAsync(session.Address, name, session.Gone);
        throw new CommandRefusedException(IggyError.InvalidCredentials);
    }

    private static uint LogIn(Session session, UserEntry user)
    {
        session.LogIn(RefuseInactive(user).Id);
        return user.Id;
    }

    private static UserEntry RefuseInactive(UserEntry user) => user.Inactive ? throw new CommandRefusedException(IggyError.UserInactive) : user;
}
