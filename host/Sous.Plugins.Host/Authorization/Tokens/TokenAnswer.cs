using System.Buffers.Text;
using System.Globalization;
using System.Text.Json;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Authorization;

namespace Sous.Plugins.Host.Authorization.Tokens;

/// <summary>Reads what a token endpoint answered, forgiving wherever services are known to be odd.</summary>
internal static class TokenAnswer
{
    private static readonly TimeSpan s_longestLife = TimeSpan.FromDays(3660);

    /// <summary>The tokens, or null where the answer holds none that can be used.</summary>
    public static TokenSet? Read(JsonElement answer, TokenAnswerShape shape, TimeSpan usualLife, DateTimeOffset now)
    {
        // A token that is not a bearer token (RFC 6749 7.1) is one we cannot use; an absent type is common and means bearer.
        if (Text(answer, shape.AccessToken) is not { } accessToken
            || !string.Equals(Text(answer, "token_type") ?? "bearer", "bearer", StringComparison.OrdinalIgnoreCase)
            || !IsHeaderSafe(accessToken))
        {
            return null;
        }

        return new TokenSet(
            new Secret(accessToken),
            Text(answer, shape.RefreshToken) is { } refreshToken ? new Secret(refreshToken) : null,
            Earlier(Expiry(answer, shape, usualLife, now), shape.ExpiresInToken ? ReadTokenExpiry(accessToken) : null, now),
            Text(answer, shape.Scope)?.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
            shape.AccountId is null ? null : Text(answer, shape.AccountId));
    }

    /// <summary>The error's name by RFC 6749, or null.</summary>
    public static string? ReadError(JsonElement answer) => Text(answer, "error");

    private static DateTimeOffset Earlier(DateTimeOffset told, DateTimeOffset? inToken, DateTimeOffset now) => inToken > now && inToken < told ? inToken.Value : told;

    /// <summary>When a JWT ends by its own word, unverified: a hint for when to ask again, and no more.</summary>
    private static DateTimeOffset? ReadTokenExpiry(string token)
    {
        var parts = token.Split('.');
        if (parts.Length != 3 || !Base64Url.IsValid(parts[1]))
        {
            return null;
        }

        try
        {
            using var payload = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[1]));
            return payload.RootElement.ValueKind == JsonValueKind.Object
                && payload.RootElement.TryGetProperty("exp", out var end) && end.ValueKind == JsonValueKind.Number && end.TryGetInt64(out var seconds) && seconds is > 0 and < 253_402_300_799
                    ? DateTimeOffset.FromUnixTimeSeconds(seconds)
                    : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static DateTimeOffset Expiry(JsonElement answer, TokenAnswerShape shape, TimeSpan usualLife, DateTimeOffset now)
    {
        if (shape.ExpiresAt is { } name
            && DateTimeOffset.TryParse(Text(answer, name), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at)
            && at > now && at - now < s_longestLife)
        {
            return at;
        }

        return double.TryParse(Text(answer, shape.ExpiresIn), NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds)
            && seconds >= 1 && seconds < s_longestLife.TotalSeconds
                ? now + TimeSpan.FromSeconds(Math.Floor(seconds))
                : now + usualLife;
    }

    private static string? Text(JsonElement answer, string path)
    {
        foreach (var name in path.Split('.'))
        {
            if (answer.ValueKind != JsonValueKind.Object || !answer.TryGetProperty(name, out answer))
            {
                return null;
            }
        }

        return answer.ValueKind switch
        {
            JsonValueKind.String => answer.GetString() is { Length: > 0 } text ? text : null,
            JsonValueKind.Number => answer.GetRawText(),
            _ => null,
        };
    }

    private static bool IsHeaderSafe(string token) => token.All(static c => c is > ' ' and <= '~');
}
