using Grpc.Core;
using Iggy.Gateway.Authorization;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Grpc.Calls;
using Iggy.Gateway.Jwt;
using Iggy.Grains.Interfaces.Users;
using Iggy.Protocol;
using Iggy.V1;
using UserStatus = Iggy.Protocol.UserStatus;

namespace Iggy.Gateway.Grpc.Admin;

// Users, their permissions and tokens.
internal sealed partial class AdminService
{
    public override async Task<ListUsersResponse> ListUsers(ListUsersRequest request, ServerCallContext context) =>
        new() { Users = { (await users.ListAsync(Caller(context))).Select(ToUser) } };

    public override async Task<CreateUserResponse> CreateUser(CreateUserRequest request, ServerCallContext context)
    {
        CommandRefusedException.ThrowIf(ProtocolLimits.CheckUsername(request.Username));
        CommandRefusedException.ThrowIf(ProtocolLimits.CheckPassword(request.Password));
        var user = await users.CreateAsync(
            Caller(context), request.Username, request.Password, Status(request.Status) ?? UserStatus.Active, PermissionMessages.ToProtocol(request.Permissions));
        return new CreateUserResponse { User = ToUser(user.Entry) };
    }

    public override async Task<GetUserResponse> GetUser(GetUserRequest request, ServerCallContext context)
    {
        var id = request.User.Length == 0 ? new Identifier(Caller(context).UserId) : Names.Identifier(request.User);
        var user = await users.FindAsync(Caller(context), id) ?? throw new CommandRefusedException(IggyError.ResourceNotFound);
        return new GetUserResponse { User = ToUser(user.Entry), Permissions = PermissionMessages.Of(PermissionBlock.ToProtocol(user.Permissions)) };
    }

    public override async Task<UpdateUserResponse> UpdateUser(UpdateUserRequest request, ServerCallContext context)
    {
        await users.UpdateAsync(Caller(context), Names.Identifier(request.User), request.HasUsername ? request.Username : null, Status(request.Status));
        return new UpdateUserResponse();
    }

    public override async Task<UpdatePermissionsResponse> UpdatePermissions(UpdatePermissionsRequest request, ServerCallContext context)
    {
        await users.UpdatePermissionsAsync(Caller(context), Names.Identifier(request.User), PermissionMessages.ToProtocol(request.Permissions));
        return new UpdatePermissionsResponse();
    }

    public override async Task<ChangePasswordResponse> ChangePassword(ChangePasswordRequest request, ServerCallContext context)
    {
        var token = BearerAuthentication.Claims(CallState.Of(context).Context).Id;
        await users.ChangePasswordAsync(Caller(context), Names.Identifier(request.User), request.CurrentPassword, request.NewPassword, token);
        return new ChangePasswordResponse();
    }

    public override async Task<DeleteUserResponse> DeleteUser(DeleteUserRequest request, ServerCallContext context)
    {
        await users.DeleteAsync(Caller(context), Names.Identifier(request.User));
        return new DeleteUserResponse();
    }

    public override async Task<ListTokensResponse> ListTokens(ListTokensRequest request, ServerCallContext context) =>
        new() { Tokens = { (await tokens.ListAsync(Caller(context))).OrderBy(static token => token.Name, StringComparer.Ordinal).Select(ToToken) } };

    public override async Task<CreateTokenResponse> CreateToken(CreateTokenRequest request, ServerCallContext context) =>
        new() { Token = await tokens.CreateAsync(Caller(context), request.Name, request.ExpiryMicros) };

    public override async Task<DeleteTokenResponse> DeleteToken(DeleteTokenRequest request, ServerCallContext context)
    {
        await tokens.DeleteAsync(Caller(context), request.Name);
        return new DeleteTokenResponse();
    }

    private static UserStatus? Status(V1.UserStatus status) => status switch
    {
        V1.UserStatus.Unspecified => null,
        V1.UserStatus.Active => UserStatus.Active,
        V1.UserStatus.Inactive => UserStatus.Inactive,
        _ => throw new CommandRefusedException(IggyError.InvalidCommand),
    };

    private static User ToUser(UserEntry user) => new()
    {
        Id = user.Id, Username = user.Username, CreatedAtMicros = user.CreatedAtMicros, Status = user.Inactive ? V1.UserStatus.Inactive : V1.UserStatus.Active,
    };

    private static Token ToToken(TokenEntry entry)
    {
        var token = new Token { Name = entry.Name };
        if (entry.ExpiresAtMicros != 0)
            token.ExpiresAtMicros = entry.ExpiresAtMicros;
        return token;
    }
}
