using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Security;
using Iggy.Grains.Interfaces.Users;
using Iggy.Protocol;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Iggy.Gateway.Jwt;

/// <summary>Gives, renews and takes back the tokens of HTTP logins.</summary>
internal sealed class JwtTokens(IOptions<JwtOptions> options, JwtKeys keys, TrustedIssuers others, RevokedTokens revoked, IGrainFactory grains, TimeProvider clock)
{
    /// <summary>The claim that ends a user's tokens: the user's own number as of the login. A token without it has 0, which is a new user's.</summary>
    public const string Generation = "gen";

    private static readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false };

    /// <summary>What a token has to fulfil. Whether it was revoked, and what became of its user, is asked after.</summary>
    public TokenValidationParameters Parameters => new()
    {
        ValidIssuers = JwtOptions.Split(options.Value.ValidIssuers),
        ValidAudiences = JwtOptions.Split(options.Value.ValidAudiences),
        ValidAlgorithms = [options.Value.Algorithm],
        IssuerSigningKey = keys.Checking,
        ClockSkew = options.Value.ClockSkew,
        LifetimeValidator = (_, expires, _, parameters) => expires is { } end && end > clock.GetUtcNow().UtcDateTime - parameters.ClockSkew, // the beginning is not judged
        NameClaimType = "sub",
    };

    /// <summary>Gives a token.</summary>
    public LoginReply Issue(UserEntry user)
    {
        var now = clock.GetUtcNow();
        var expiry = now.ToUnixTimeSeconds() + (long)options.Value.AccessTokenExpiry.TotalSeconds;
        var payload = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(payload))
        {
            json.WriteStartObject();
            json.WriteString("jti", Guid.CreateVersion7(now));
            json.WriteString("iss", options.Value.Issuer);
            json.WriteString("aud", options.Value.Audience);
            json.WriteString("sub", user.Id.ToString(CultureInfo.InvariantCulture));
            json.WriteNumber("iat", now.ToUnixTimeSeconds());
            json.WriteNumber("exp", expiry);
            json.WriteNumber("nbf", (now + options.Value.NotBefore).ToUnixTimeSeconds());
            json.WriteNumber(Generation, user.Generation);
            json.WriteEndObject();
        }
        var token = _handler.CreateToken(Encoding.UTF8.GetString(payload.WrittenSpan), new SigningCredentials(keys.Signing, options.Value.Algorithm));
        return new LoginReply(user.Id, new AccessTokenReply(token, (ulong)expiry));
    }

    /// <summary>Whether a token that fulfils <see cref="Parameters"/> counts as far as it can tell itself.</summary>
    public async ValueTask<TokenClaims?> AcceptAsync(JsonWebToken token) =>
        TryReadClaims(token, out var claims) && !await revoked.IsRevokedAsync(claims.Id) ? claims : null;

    /// <summary>Whether a token says that it is from somebody else who is trusted.</summary>
    public bool IsOfOthers(JsonWebToken token) => others.IsNamedBy(token);

    /// <summary>Whether a token of somebody else counts.</summary>
    public async ValueTask<TokenClaims?> AcceptOfOthersAsync(JsonWebToken token) =>
        await others.AcceptAsync(token) is { } claims && !await revoked.IsRevokedAsync(claims.Id) ? claims : null;

    /// <summary>Whether a JWT that was accepted still is.</summary>
    public async ValueTask<bool> IsStillGoodAsync(TokenClaims token) =>
        DateTimeOffset.FromUnixTimeSeconds(token.ExpiresAtSeconds) + options.Value.ClockSkew > clock.GetUtcNow() && !await revoked.IsRevokedAsync(token.Id);

    /// <summary>Takes a token back.</summary>
    public ValueTask RevokeAsync(TokenClaims token) => revoked.RevokeAsync(token.Id, token.ExpiresAtSeconds);

    /// <summary>Gives a new token for one that is good, which stays so until its end: whoever lost the answer can ask again, and whoever shares a token with
    /// others cuts nobody off.</summary>
    /// <exception cref="CommandRefusedException"><see cref="IggyError.InvalidAccessToken"/>, <see cref="IggyError.InvalidJwtAlgorithm"/>,
    /// <see cref="IggyError.Unauthenticated"/>.</exception>
    public async ValueTask<LoginReply> RefreshAsync(string text)
    {
        if (Decode(text) is not { } token || IsOfOthers(token))
            throw new CommandRefusedException(IggyError.InvalidAccessToken);
        if (token.Alg != options.Value.Algorithm)
            throw new CommandRefusedException(IggyError.InvalidJwtAlgorithm);
        if (!(await _handler.ValidateTokenAsync(token, Parameters)).IsValid)
            throw new CommandRefusedException(IggyError.Unauthenticated);
        if (!TryReadClaims(token, out var claims))
            throw new CommandRefusedException(IggyError.InvalidAccessToken);

        var user = await grains.GetGrain<IUserDirectoryGrain>(0).FindByIdAsync(claims.UserId);
        if (user is null or { Inactive: true } || (claims.Generation is { } generation && !user.Honours(generation, claims.Id)))
            throw new CommandRefusedException(IggyError.Unauthenticated);
        if (await revoked.IsRevokedAsync(claims.Id))
            throw new CommandRefusedException(IggyError.InvalidAccessToken);
        return Issue(user);
    }

    /// <summary>Who a text says it is from, without believing it; null when it is no token at all.</summary>
    public static JsonWebToken? Decode(string text)
    {
        try
        {
            return _handler.CanReadToken(text) ? _handler.ReadJsonWebToken(text) : null;
        }
        catch (ArgumentException)
        {
            return null; // three parts that are no token
        }
    }

    // Each claim has to be there and of its kind: the library reads a number from a text too, and an end that others read differently is none.
    private static bool TryReadClaims(JsonWebToken token, out TokenClaims claims)
    {
        claims = default;
        using var payload = JsonDocument.Parse(Base64Url.DecodeFromChars(token.EncodedPayload)); // the library has read it, so it is an object
        var all = payload.RootElement;
        if (!IsText(all, "jti") || !IsText(all, "iss") || !IsText(all, "sub") || !all.TryGetProperty("aud", out var audience)
            || audience.ValueKind is not (JsonValueKind.String or JsonValueKind.Array)
            || !TryGetSeconds(all, "iat", out _) || !TryGetSeconds(all, "nbf", out _) || !TryGetSeconds(all, "exp", out var expiry))
            return false;
        if (token.Id is not { Length: > 0 and <= RevokedToken.MaxIdLength } id
            || !uint.TryParse(token.Subject, NumberStyles.None, CultureInfo.InvariantCulture, out var user))
            return false;

        var generation = 0L;
        if (all.TryGetProperty(Generation, out var given) && (given.ValueKind is not JsonValueKind.Number || !given.TryGetInt64(out generation)))
            return false;
        claims = new TokenClaims(id, user, generation, expiry);
        return true;
    }

    private static bool IsText(JsonElement claims, string name) => claims.TryGetProperty(name, out var claim) && claim.ValueKind is JsonValueKind.String;

    private static bool TryGetSeconds(JsonElement claims, string name, out long seconds)
    {
        seconds = 0;
        return claims.TryGetProperty(name, out var claim) && claim.ValueKind is JsonValueKind.Number && claim.TryGetInt64(out seconds);
    }
}

/// <summary>What a token says. Without a generation it is good for whatever becomes of its user, as long as that one may log in.</summary>
internal readonly record struct TokenClaims(string Id, uint UserId, long? Generation, long ExpiresAtSeconds)
{
    /// <summary>Null for a JWT. A personal access token has no id, and its end is its user's to know.</summary>
    public PersonalToken? Personal { get; init; }
}
