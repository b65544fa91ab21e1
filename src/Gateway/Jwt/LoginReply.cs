namespace Iggy.Gateway.Jwt;

/// <summary>A login; the expiry is in seconds since the Unix epoch, unlike all other times.</summary>
internal sealed record LoginReply(uint UserId, AccessTokenReply AccessToken);

/// <summary>A JWT.</summary>
internal sealed record AccessTokenReply(string Token, ulong Expiry);
