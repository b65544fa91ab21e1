using Iggy.Gateway.Commands;

namespace Iggy.Gateway.Http.Routes;

/// <summary>The caller's own personal access tokens.</summary>
internal sealed class AccessTokenRoutes(TokenCommands tokens) : IApiRoutes
{
    public string Tag => "Personal access tokens";

    public void AddTo(ApiRoutes routes)
    {
        routes.Get("/personal-access-tokens", "Lists one's own personal access tokens.", ListAsync, typeof(AccessTokenEntryReply[]));
        routes.Post("/personal-access-tokens", "Makes a personal access token; shown this once.", CreateAsync, typeof(CreateTokenBody), typeof(TokenBody));
        routes.Delete("/personal-access-tokens/{name}", "Removes a personal access token.", DeleteAsync);
    }

    private async Task ListAsync(HttpCall call)
    {
        var list = await tokens.ListAsync(call.Session);
        await call.AnswerAsync(
            [.. list.OrderBy(static token => token.Name, StringComparer.Ordinal).Select(static token => new AccessTokenEntryReply(token.Name, token.ExpiresAtMicros is 0 ? null : token.ExpiresAtMicros))],
            ApiJson.Wire.AccessTokenEntryReplyArray);
    }

    private async Task CreateAsync(HttpCall call)
    {
        var body = await call.ReadAsync(ApiJson.Wire.CreateTokenBody);
        await call.AnswerAsync(new TokenBody(await tokens.CreateAsync(call.Session, body.Name, body.Expiry)), ApiJson.Wire.TokenBody);
    }

    private Task DeleteAsync(HttpCall call) => call.DoneAsync(tokens.DeleteAsync(call.Session, call.Text(1)));
}
