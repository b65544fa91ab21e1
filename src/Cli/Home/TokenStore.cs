using Tomlyn.Model;

namespace Iggy.Cli.Home;

/// <summary>Personal access tokens that were kept, by server and name, and the session that <c>iggy login</c> opened at each server. Why they are in a
/// file: docs/adr/0011.</summary>
internal sealed class TokenStore(HomeFolder home)
{
    private const string TokensFile = "tokens.toml", SessionKey = ".session", TokenKey = "token", NameKey = "name";

    /// <summary>A kept token; null when there is none of this name.</summary>
    public string? Find(string server, string name) => Server(home.ReadTables(TokensFile), server).TryGetValue(name, out var token) ? token as string : null;

    /// <summary>Keeps a token.</summary>
    public void Keep(string server, string name, string token) => Change(server, tokens => tokens[name] = token);

    /// <summary>Forgets a token; no matter if it was kept.</summary>
    public void Forget(string server, string name)
    {
        if (Find(server, name) is not null)
            Change(server, tokens => tokens.Remove(name));
    }

    /// <summary>The session that is open at a server: its token's name and the token.</summary>
    public (string Name, string Token)? FindSession(string server) =>
        Server(home.ReadTables(TokensFile), server).TryGetValue(SessionKey, out var found) && found is TomlTable session
        && session.TryGetValue(NameKey, out var name) && session.TryGetValue(TokenKey, out var token)
            ? ((string)name, (string)token)
            : null;

    /// <summary>Keeps a session, instead of an older one.</summary>
    public void KeepSession(string server, string name, string token) =>
        Change(server, tokens => tokens[SessionKey] = new TomlTable { [NameKey] = name, [TokenKey] = token });

    /// <summary>Forgets the session.</summary>
    public void ForgetSession(string server) => Change(server, tokens => tokens.Remove(SessionKey));

    private void Change(string server, Action<TomlTable> change)
    {
        var all = home.ReadTables(TokensFile);
        var tokens = Server(all, server);
        change(tokens);
        all[server] = tokens;
        home.WriteTables(TokensFile, all);
    }

    private static TomlTable Server(TomlTable all, string server) => all.TryGetValue(server, out var tokens) && tokens is TomlTable table ? table : [];
}
