using System.Text.Json;
using Sous.Plugins.Host.Authorization.Tokens;
using Sous.Plugins.Sdk.Authorization;

namespace Sous.Plugins.Host.Tests.Authorization;

/// <summary>Invariant 5: what services answer, odd as it may be.</summary>
public sealed class TokenAnswerTests
{
    private static readonly DateTimeOffset Now = new(2026, 5, 4, 10, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan UsualLife = TimeSpan.FromHours(1);

    [Theory]
    [InlineData("\"expires_in\":120", 120)]
    [InlineData("\"expires_in\":\"120\"", 120)]
    [InlineData("\"expires_in\":120.9", 120)]
    [InlineData("\"expires_in\":0", 3600)]
    [InlineData("\"expires_in\":-5", 3600)]
    [InlineData("\"expires_in\":\"\"", 3600)]
    [InlineData("\"expires_in\":\"soon\"", 3600)]
    [InlineData("\"expires_in\":null", 3600)]
    [InlineData("\"expires_in\":{}", 3600)]
    [InlineData("\"expires_in\":1e300", 3600)]
    [InlineData("\"expires_in\":99999999999999999999", 3600)]
    [InlineData("\"other\":1", 3600)]
    [InlineData("\"expires_at\":\"2026-05-04T10:10:00Z\"", 600)]
    [InlineData("\"expires_at\":\"2026-05-04T12:10:00+02:00\"", 600)]
    [InlineData("\"expires_at\":\"2020-01-01T00:00:00Z\"", 3600)]
    [InlineData("\"expires_at\":\"never\",\"expires_in\":60", 60)]
    public void The_life_is_what_the_answer_says_or_the_usual(string member, int seconds)
    {
        var tokens = Read($$"""{"access_token":"a",{{member}}}""", new TokenAnswerShape { ExpiresAt = "expires_at" });

        Assert.Equal(Now.AddSeconds(seconds), tokens!.ExpiresAt);
    }

    [Theory]
    [InlineData("""{"access_token":"a","token_type":"BEARER"}""", true)]
    [InlineData("""{"access_token":"a"}""", true)]
    [InlineData("""{"access_token":"a","token_type":"mac"}""", false)]
    [InlineData("""{"access_token":""}""", false)]
    [InlineData("""{"access_token":"a b"}""", false)]
    [InlineData("""{"access_token":"a\r\nX-Evil: 1"}""", false)]
    [InlineData("""{"access_token":["a"]}""", false)]
    [InlineData("""{"token":"a"}""", false)]
    [InlineData("""["access_token","a"]""", false)]
    [InlineData("null", false)]
    public void Only_a_bearer_token_that_fits_into_a_header_is_one(string answer, bool usable)
        => Assert.Equal(usable, Read(answer, new TokenAnswerShape()) is not null);

    [Theory]
    [InlineData("""{"exp":1777888900}""", 100)]
    [InlineData("""{"exp":1777892500}""", 3600)]
    [InlineData("""{"exp":1}""", 3600)]
    [InlineData("""{"exp":"soon"}""", 3600)]
    [InlineData("""{"exp":1e40}""", 3600)]
    [InlineData("[1]", 3600)]
    [InlineData("{", 3600)]
    public void The_end_that_stands_in_a_token_counts_where_it_is_the_earlier(string payload, int seconds)
    {
        var token = $"eyJhbGciOiJSUzI1NiJ9.{System.Buffers.Text.Base64Url.EncodeToString(System.Text.Encoding.UTF8.GetBytes(payload))}.c2ln";

        var tokens = Read($$"""{"access_token":"{{token}}","expires_in":3600}""", new TokenAnswerShape { ExpiresInToken = true });

        Assert.Equal(Now.AddSeconds(seconds), tokens!.ExpiresAt);
    }

    [Fact]
    public void Names_with_dots_lead_into_objects_and_scopes_are_split()
    {
        var tokens = Read(
            """{"data":{"access_token":"a","refresh_token":"r"},"scope":"one  two","merchant":{"id":7}}""",
            new TokenAnswerShape { AccessToken = "data.access_token", RefreshToken = "data.refresh_token", AccountId = "merchant.id" })!;

        Assert.Equal(("a", "r", "7"), (tokens.AccessToken.Reveal(), tokens.RefreshToken!.Value.Reveal(), tokens.AccountId));
        Assert.Equal(["one", "two"], tokens.Scopes!);
        Assert.DoesNotContain("\"a\"", tokens.ToString(), StringComparison.Ordinal);
    }

    private static TokenSet? Read(string json, TokenAnswerShape shape)
    {
        using var document = JsonDocument.Parse(json);
        return TokenAnswer.Read(document.RootElement, shape, UsualLife, Now);
    }
}
