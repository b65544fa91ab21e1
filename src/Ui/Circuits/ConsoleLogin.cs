using System.Security.Claims;

namespace Iggy.Ui.Circuits;

/// <summary>Somebody who logged in, until he leaves, or does not come any more. All his pages share it.</summary>
/// <param name="Id">Names it to the rest of the server, as a token's id does; no secret.</param>
/// <param name="UserId">Who it is.</param>
/// <param name="Username">What he is called, for himself.</param>
/// <param name="Generation">Of the user at the login: another one ends it.</param>
internal sealed record ConsoleLogin(string Id, uint UserId, string Username, long Generation);

/// <summary>Carries a login from a request to the page that it opens.</summary>
internal sealed class LoginIdentity(ConsoleLogin login) : ClaimsIdentity([new Claim(ClaimTypes.Name, login.Id)], "Console")
{
    /// <summary>The login.</summary>
    public ConsoleLogin Login { get; } = login;
}
