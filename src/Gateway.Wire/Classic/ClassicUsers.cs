using Iggy.Gateway.Commands;
using Iggy.Gateway.Wire.Frames;
using Iggy.Grains.Interfaces.Users;
using Iggy.Protocol;
using Iggy.Protocol.Classic;

namespace Iggy.Gateway.Wire.Classic;

/// <summary>Users, logins and personal access tokens in the classic dialect.</summary>
internal sealed class ClassicUsers(UserCommands users, LoginCommands logins, TokenCommands tokens)
{
    private readonly ClassicLayout _layout = new();

    /// <summary>Enters the commands.</summary>
    public void AddTo(CommandTable table)
    {
        AddLogins(table);
        AddUsers(table);
        AddTokens(table);
    }

    private void AddLogins(CommandTable table)
    {
        table.MapPublic<LoginUserRequest>(async (session, request, reply) =>
            new IdentityReply(await logins.LogInAsync(session, request.Username, request.Password)).Write(reply));
        table.MapPublic<LoginWithPersonalAccessTokenRequest>(async (session, request, reply) =>
            new IdentityReply(await logins.LogInAsync(session, request.Token)).Write(reply));
        table.Map(CommandCode.LogoutUser, static (session, _) =>
        {
            session.LogOut();
            return default;
        });
    }

    private void AddUsers(CommandTable table)
    {
        table.Map<CreateUserRequest>(async (session, request, reply) =>
            _layout.UserDetails(await users.CreateAsync(session, request.Username, request.Password, request.Status, request.Permissions), reply));
        table.Map<DeleteUserRequest>((session, request, _) => users.DeleteAsync(session, request.User));
        table.Map<UpdateUserRequest>((session, request, _) => users.UpdateAsync(session, request.User, request.Username, request.Status));
        table.Map<UpdatePermissionsRequest>((session, request, _) => users.UpdatePermissionsAsync(session, request.User, request.Permissions));
        table.Map<ChangePasswordRequest>((session, request, _) => users.ChangePasswordAsync(session, request.User, request.CurrentPassword, request.NewPassword));
    }

    private void AddTokens(CommandTable table)
    {
        table.Map(CommandCode.GetPersonalAccessTokens, async (session, reply) =>
        {
            foreach (var token in await tokens.ListAsync(session))
                new TokenRecord(token.Name, token.ExpiresAtMicros).Write(reply);
        });
        table.Map<CreatePersonalAccessTokenRequest>(async (session, request, reply) =>
            new NewTokenReply(await tokens.CreateAsync(session, request.Name, request.ExpiryMicros)).Write(reply));
        table.Map<DeletePersonalAccessTokenRequest>((session, request, _) => tokens.DeleteAsync(session, request.Name));
    }

    internal static UserRecord Record(UserEntry user) =>
        new(user.Id, user.CreatedAtMicros, user.Inactive ? UserStatus.Inactive : UserStatus.Active, user.Username);
}
