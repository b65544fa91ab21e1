using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using Iggy.Gateway.Jwt;
using Iggy.Gateway.Security;
using Iggy.Gateway.Sessions;
using Iggy.Grains.Interfaces.Users;
using Iggy.Ui.Circuits;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Iggy.Ui.Logins;

/// <summary>Who is logged in, by the secret in a cookie that scripts cannot read and other sites do not send.</summary>
/// <remarks>In memory: a restart ends them, as it ends every connection. What they may do is asked anew each time, as for any client.</remarks>
internal sealed class ConsoleLogins(IOptions<UiOptions> options, AccessCache access, OpenPages pages, TimeProvider clock)
{
    private const string Cookie = "iggy-console";
    private const int SecretBytes = 32;

    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal); // by the hash of the secret
    private readonly Lock _adding = new();

    /// <summary>Logins at the moment, with those that nobody will use again and nobody has looked at.</summary>
    public int Count => _entries.Count;

    /// <summary>Logs a user in, and gives the browser the cookie.</summary>
    public void Add(HttpContext context, UserEntry user)
    {
        var secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
        var entry = new Entry(new ConsoleLogin(Guid.NewGuid().ToString("N"), user.Id, user.Username, user.Generation)) { UsedAt = clock.GetTimestamp() };
        lock (_adding)
        {
            MakeRoom();
            _entries[HashOf(secret)] = entry;
        }
        context.Response.Cookies.Append(Cookie, secret, CookieOf(context));
    }

    /// <summary>Who sends a request; null where nobody is logged in, or may not be any more.</summary>
    public async ValueTask<ConsoleLogin?> FindAsync(HttpContext context)
    {
        if (context.Request.Cookies[Cookie] is not { Length: > 0 and < 100 } secret || !_entries.TryGetValue(HashOf(secret), out var entry))
            return null;
        var session = BearerAuthentication.NewSession(context);
        session.LogIn(entry.Login.UserId);
        if (IsOver(entry) || !await IsGoodAsync(session, entry.Login))
        {
            session.LogOut();
            _entries.TryRemove(HashOf(secret), out _);
            return null;
        }
        entry.UsedAt = clock.GetTimestamp();
        return entry.Login;
    }

    /// <summary>Whether the user of a login is still there and the same; takes what he may do into the session.</summary>
    public ValueTask<bool> IsGoodAsync(Session session, ConsoleLogin login) => access.RefreshAsync(session, login.Generation, login.Id);

    /// <summary>Ends the login of a request with all its pages.</summary>
    public void Remove(HttpContext context)
    {
        if (context.Request.Cookies[Cookie] is { Length: > 0 and < 100 } secret && _entries.TryRemove(HashOf(secret), out var entry))
            pages.EndAll(entry.Login);
        context.Response.Cookies.Delete(Cookie, CookieOf(context));
    }

    // Those that nobody uses go first, then the one that was not used for longest and has no page.
    private void MakeRoom()
    {
        if (_entries.Count < options.Value.MaxLogins)
            return;
        foreach (var (key, entry) in _entries)
        {
            if (IsOver(entry))
                _entries.TryRemove(key, out _);
        }
        while (_entries.Count >= options.Value.MaxLogins)
        {
            var (oldest, entry) = _entries.MinBy(static one => one.Value.UsedAt);
            _entries.TryRemove(oldest, out _);
            pages.EndAll(entry.Login);
        }
    }

    private bool IsOver(Entry entry) => clock.GetElapsedTime(entry.UsedAt) > options.Value.LoginTimeout && !pages.HasAny(entry.Login);

    private static CookieOptions CookieOf(HttpContext context) => new()
    {
        HttpOnly = true, SameSite = SameSiteMode.Strict, Secure = context.Request.IsHttps, Path = "/ui", IsEssential = true,
    };

    private static string HashOf(string secret) => Convert.ToHexString(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(secret)));

    private sealed class Entry(ConsoleLogin login)
    {
        public ConsoleLogin Login { get; } = login;

        public long UsedAt { get; set; }
    }
}
