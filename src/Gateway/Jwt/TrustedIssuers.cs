using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Iggy.Gateway.Jwt;

/// <summary>Takes tokens of others: applications that log in somewhere else act here as the user that their issuer stands for.</summary>
internal sealed partial class TrustedIssuers : IDisposable
{
    private const long MostKeyBytes = 1 << 20;

    private static readonly TimeSpan _leeway = TimeSpan.FromSeconds(60); // as Apache Iggy has it
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(5);
    private static readonly string[] _algorithms = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]; // never a shared secret
    private static readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false };

    private readonly Trusted[] _all;
    private readonly HttpClient _client;
    private readonly TimeProvider _clock;

    /// <summary>Reads the options once; nothing is fetched before a token comes.</summary>
    public TrustedIssuers(IOptions<JwtOptions> options, TimeProvider clock, ILogger<TrustedIssuers> logger)
    {
        _clock = clock;
        _client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
        {
            MaxResponseContentBufferSize = MostKeyBytes, Timeout = _patience,
        };
        _all = [.. options.Value.TrustedIssuers.Select(issuer => new Trusted(issuer, new IssuerKeys(issuer.JwksUrl, _client, clock, logger)))];
        foreach (var (issuer, _) in _all)
        {
            if (issuer.UserId == 0)
                LogNobody(logger, issuer.Issuer);
            else if (!issuer.JwksUrl.StartsWith("https:", StringComparison.OrdinalIgnoreCase))
                LogInClear(logger, issuer.Issuer, issuer.UserId, issuer.JwksUrl);
        }
    }

    /// <summary>Whether a token says that it is from one of them. It is not believed yet.</summary>
    public bool IsNamedBy(JsonWebToken token) => Find(token.Issuer) is not null;

    /// <summary>Who a token makes its bearer, or null when it is not good. It cannot be renewed here.</summary>
    public async ValueTask<TokenClaims?> AcceptAsync(JsonWebToken token)
    {
        if (Find(token.Issuer) is not ({ UserId: not 0 } issuer, var keys) || string.IsNullOrEmpty(token.Kid) || await keys.FindAsync(token.Kid) is not { } key)
            return null;
        var result = await _handler.ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidIssuer = issuer.Issuer,
            ValidAudience = issuer.Audience,
            ValidAlgorithms = _algorithms,
            IssuerSigningKey = key,
            ClockSkew = _leeway,
            LifetimeValidator = (begins, ends, _, parameters) => ends > Now - parameters.ClockSkew && !(begins > Now + parameters.ClockSkew),
        });
        if (!result.IsValid)
            return null;

        // Its id is its own issuer's; so that a logout here hits this token and no other, it goes by what it is.
        var id = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(token.EncodedToken)));
        return new TokenClaims(id, issuer.UserId, Generation: null, new DateTimeOffset(token.ValidTo, TimeSpan.Zero).ToUnixTimeSeconds() + (long)_leeway.TotalSeconds);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (_, keys) in _all)
            keys.Dispose();
        _client.Dispose();
    }

    private DateTime Now => _clock.GetUtcNow().UtcDateTime;

    private Trusted? Find(string issuer)
    {
        foreach (var one in _all)
        {
            if (string.Equals(Normal(one.Options.Issuer), Normal(issuer), StringComparison.Ordinal))
                return one;
        }
        return null;
    }

    // Scheme and host of an address are the same in any case.
    private static string Normal(string issuer) =>
        Uri.TryCreate(issuer, UriKind.Absolute, out var address) && issuer.Contains("://", StringComparison.Ordinal) ? address.AbsoluteUri : issuer;

    private sealed record Trusted(TrustedIssuerOptions Options, IssuerKeys Keys);

    [LoggerMessage(3221, LogLevel.Warning, "Tokens of {Issuer} are not taken: it stands for user 0, and nobody else may speak for root (Iggy:Http:Jwt:TrustedIssuers)")]
    private static partial void LogNobody(ILogger logger, string issuer);

    [LoggerMessage(3222, LogLevel.Warning, "Tokens of {Issuer} are taken as user {UserId} by keys from {Address}, which is not encrypted: whoever can answer there can be that user")]
    private static partial void LogInClear(ILogger logger, string issuer, uint userId, string address);
}
