using Grpc.Core;
using Iggy.Gateway.Commands;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Grpc.Calls;
using Iggy.Gateway.Jwt;
using Iggy.Protocol;
using Iggy.V1;

namespace Iggy.Gateway.Grpc.Admin;

/// <summary>Logins, with the tokens of the HTTP API: one is good for both.</summary>
internal sealed class AccessService(LoginCommands logins, JwtTokens tokens) : Access.AccessBase
{
    public override async Task<LoginResponse> Login(LoginRequest request, ServerCallContext context)
    {
        if (!Names.IsName(request.Username))
            throw new CommandRefusedException(IggyError.InvalidIdentifier);
        var user = await logins.VerifyAsync(CallState.Of(context).Session, request.Username, request.Password);
        return new LoginResponse { AccessToken = ToToken(tokens.Issue(user)) };
    }

    public override async Task<LoginWithTokenResponse> LoginWithToken(LoginWithTokenRequest request, ServerCallContext context)
    {
        var user = await logins.VerifyAsync(CallState.Of(context).Session, request.Token);
        return new LoginWithTokenResponse { AccessToken = ToToken(tokens.Issue(user)) };
    }

    public override async Task<RefreshTokenResponse> RefreshToken(RefreshTokenRequest request, ServerCallContext context) =>
        new() { AccessToken = ToToken(await tokens.RefreshAsync(request.Token)) };

    public override async Task<LogoutResponse> Logout(LogoutRequest request, ServerCallContext context)
    {
        var token = BearerAuthentication.Claims(CallState.Of(context).Context);
        if (token.Id.Length > 0) // a personal access token stays: it is no login
            await tokens.RevokeAsync(token);
        return new LogoutResponse();
    }

    private static AccessToken ToToken(LoginReply login) => new() { UserId = login.UserId, Token = login.AccessToken.Token, ExpiresAtSeconds = login.AccessToken.Expiry };
}
