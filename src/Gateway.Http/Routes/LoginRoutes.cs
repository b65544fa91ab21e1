using Iggy.Gateway.Commands;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Http.Groups;
using Iggy.Gateway.Jwt;
using Iggy.Protocol;

namespace Iggy.Gateway.Http.Routes;

/// <summary>Logins, their renewal and their end.</summary>
internal sealed class LoginRoutes(LoginCommands logins, JwtTokens tokens, HttpSessions sessions) : IApiRoutes
{
    public string Tag => "Logins";

    public void AddTo(ApiRoutes routes)
    {
        routes.Post("/users/login", "Logs in by name and password.", LogInAsync, typeof(LoginBody), typeof(LoginReply), isPublic: true);
        routes.Post("/users/refresh-token", "Gives a new token for a good one, which stays good until its end.", RefreshAsync, typeof(TokenBody), typeof(LoginReply), isPublic: true);
        routes.Post("/personal-access-tokens/login", "Logs in by personal access token.", LogInByTokenAsync, typeof(TokenBody), typeof(LoginReply), isPublic: true);
        routes.Delete("/users/logout", "Ends the token that is sent with it.", LogOutAsync);
    }

    private async Task LogInAsync(HttpCall call)
    {
        var body = await call.ReadAsync(ApiJson.Wire.LoginBody);
        if (!HttpValues.IsName(body.Username))
            throw new CommandRefusedException(IggyError.InvalidIdentifier);
        var user = await logins.VerifyAsync(call.Session, body.Username, body.Password);
        await call.AnswerAsync(tokens.Issue(user), ApiJson.Wire.LoginReply);
    }

    private async Task LogInByTokenAsync(HttpCall call)
    {
        var body = await call.ReadAsync(ApiJson.Wire.TokenBody);
        var user = await logins.VerifyAsync(call.Session, body.Token);
        await call.AnswerAsync(tokens.Issue(user), ApiJson.Wire.LoginReply);
    }

    private async Task RefreshAsync(HttpCall call)
    {
        var body = await call.ReadAsync(ApiJson.Wire.TokenBody);
        await call.AnswerAsync(await tokens.RefreshAsync(body.Token), ApiJson.Wire.LoginReply);
    }

    private async Task LogOutAsync(HttpCall call)
    {
        var token = BearerAuthentication.Claims(call.Context);
        if (token.Id.Length > 0) // a personal access token stays: it is no login
            await tokens.RevokeAsync(token);
        await call.DoneAsync(sessions.EndOfTokenAsync(call));
    }
}
