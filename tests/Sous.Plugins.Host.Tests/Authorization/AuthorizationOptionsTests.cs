using Microsoft.Extensions.Configuration;
using Sous.Plugins.Host.Authorization;

namespace Sous.Plugins.Host.Tests.Authorization;

public sealed class AuthorizationOptionsTests
{
    [Theory]
    [InlineData("PublicUrl", "https://sous.example")]
    [InlineData("PublicUrl", "http://localhost:5080")]
    [InlineData("ReturnAddresses:home", "https://app.example/back?x=1")]
    [InlineData("Clients:square:AuthUrl", "http://10.0.0.1")]
    [InlineData("Clients:square:ApiUrl", "https://gateway.example/square")]
    [InlineData("Clients:square:ApiUrl", "")]
    public void An_address_that_can_be_used_is_taken(string setting, string value) => Assert.Empty(Check((setting, value)));

    [Theory]
    [InlineData("PublicUrl", "http://sous.example")]
    [InlineData("PublicUrl", "https://sous.example/path")]
    [InlineData("PublicUrl", "https://sous.example/?x=1")]
    [InlineData("PublicUrl", "nonsense")]
    [InlineData("PublicUrl", "http://")]
    [InlineData("PublicUrl", "")]
    [InlineData("PublicUrl", null)]
    [InlineData("ReturnAddresses:home", "javascript:alert(1)")]
    [InlineData("ReturnAddresses:home", "//app.example")]
    [InlineData("ReturnAddresses:home", "https://user:word@app.example")]
    [InlineData("ReturnAddresses:home", "https://app.example/#part")]
    [InlineData("ReturnAddresses:home", "not a url")]
    [InlineData("Clients:square:AuthUrl", "ftp://10.0.0.1")]
    [InlineData("Clients:square:AuthUrl", "https://user:word@10.0.0.1")]
    [InlineData("Clients:square:ApiUrl", "http://")]
    [InlineData("Clients:square:ApiUrl", "not a url")]
    public void A_wrong_address_is_named_as_the_operator_writes_it_and_its_value_is_not_told(string setting, string? value)
    {
        var sentence = Assert.Single(Check((setting, value)));

        Assert.StartsWith($"SOUS_{setting.Replace(":", "__", StringComparison.Ordinal)} ", sentence, StringComparison.Ordinal);
        Assert.True(string.IsNullOrEmpty(value) || !sentence.Contains(value, StringComparison.Ordinal), sentence);
    }

    [Fact]
    public void Every_wrong_address_is_named_at_once() => Assert.Equal(
        3, Check(("PublicUrl", "nonsense"), ("ReturnAddresses:home", "http://"), ("Clients:square:ApiUrl", "x"), ("Clients:toast", null)).Count());

    private static IEnumerable<string> Check(params (string Setting, string? Value)[] settings)
    {
        var options = new AuthorizationOptions();
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Setting, s.Value))).Build().Bind(options);
        return new AuthorizationOptionsValidator().Validate(null, options).Failures ?? [];
    }
}
