using Iggy.Gateway.Commands;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Authorization;
using Iggy.Gateway.Jwt;
using Iggy.Grains.Interfaces.Users;
using Iggy.Protocol;

namespace Iggy.Gateway.Http.Routes;

/// <summary>Users and their permissions.</summary>
internal sealed class UserRoutes(UserCommands users) : IApiRoutes
{
    private const int User = 1; // segment of the path

    public string Tag => "Users";

    public void AddTo(ApiRoutes routes)
    {
        routes.Get("/users", "Lists users.", ListAsync, typeof(UserReply[]));
        routes.Post("/users", "Makes a user.", CreateAsync, typeof(CreateUserBody), typeof(UserDetailsReply));
        routes.Get("/users/me", "Shows the user that asks.", GetSelfAsync, typeof(UserDetailsReply));
        routes.Get("/users/{user}", "Shows a user.", GetAsync, typeof(UserDetailsReply));
        routes.Put("/users/{user}", "Changes name or status of a user.", UpdateAsync, typeof(UpdateUserBody));
        routes.Put("/users/{user}/permissions", "Replaces the permissions of a user.", UpdatePermissionsAsync, typeof(UpdatePermissionsBody));
        routes.Put("/users/{user}/password", "Replaces the password of a user.", ChangePasswordAsync, typeof(ChangePasswordBody));
        routes.Delete("/users/{user}", "Removes a user.", DeleteAsync);
    }

    private async Task ListAsync(HttpCall call)
    {
        var list = await users.ListAsync(call.Session);
        await call.AnswerAsync([.. list.Select(Reply)], ApiJson.Wire.UserReplyArray);
    }

    private Task GetAsync(HttpCall call) => GetAsync(call, call.Identifier(User));

    // No user can be called so: a name has three bytes at least.
    private Task GetSelfAsync(HttpCall call) => GetAsync(call, new Identifier(call.Session.UserId));

    private async Task GetAsync(HttpCall call, Identifier id)
    {
        await call.FoundAsync(await users.FindAsync(call.Session, id) is { } user ? Details(user) : null, ApiJson.Wire.UserDetailsReply);
    }

    private async Task CreateAsync(HttpCall call)
    {
        var body = await call.ReadAsync(ApiJson.Wire.CreateUserBody);
        var status = HttpValues.Status(body.Status);
        CommandRefusedException.ThrowIf(ProtocolLimits.CheckUsername(body.Username)); // before the permission, unlike on other transports
        CommandRefusedException.ThrowIf(ProtocolLimits.CheckPassword(body.Password));
        OptionsJson.DemandNone(body.Options);
        var user = await users.CreateAsync(call.Session, body.Username, body.Password, status, PermissionsJson.ToProtocol(body.Permissions));
        await call.AnswerAsync(Details(user), ApiJson.Wire.UserDetailsReply);
    }

    private async Task UpdateAsync(HttpCall call)
    {
        var body = await call.ReadAsync(ApiJson.Wire.UpdateUserBody);
        UserStatus? status = (body.Status ?? body.UserStatus) is { } text ? HttpValues.Status(text) : null;
        var id = call.Identifier(User);
        if (body.Username is { } username)
            CommandRefusedException.ThrowIf(ProtocolLimits.CheckUsername(username));
        OptionsJson.DemandNone(body.Options);
        await call.DoneAsync(users.UpdateAsync(call.Session, id, body.Username, status));
    }

    private async Task UpdatePermissionsAsync(HttpCall call)
    {
        var body = await call.ReadAsync(ApiJson.Wire.UpdatePermissionsBody);
        await call.DoneAsync(users.UpdatePermissionsAsync(call.Session, call.Identifier(User), PermissionsJson.ToProtocol(body.Permissions)));
    }

    private async Task ChangePasswordAsync(HttpCall call)
    {
        var body = await call.ReadAsync(ApiJson.Wire.ChangePasswordBody);
        await call.DoneAsync(users.ChangePasswordAsync(call.Session, call.Identifier(User), body.CurrentPassword, body.NewPassword, BearerAuthentication.Claims(call.Context).Id));
    }

    private Task DeleteAsync(HttpCall call) => call.DoneAsync(users.DeleteAsync(call.Session, call.Identifier(User)));

    private static UserReply Reply(UserEntry user) => new(user.Id, user.CreatedAtMicros, StatusText(user), user.Username);

    private static UserDetailsReply Details(UserDetails user) => new(
        user.Entry.Id, user.Entry.CreatedAtMicros, StatusText(user.Entry), user.Entry.Username, PermissionsJson.Of(PermissionBlock.ToProtocol(user.Permissions)));

    private static string StatusText(UserEntry user) => HttpValues.Text(user.Inactive ? UserStatus.Inactive : UserStatus.Active);
}
