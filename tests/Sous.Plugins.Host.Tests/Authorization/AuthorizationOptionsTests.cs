using Microsoft.Extensions.Configuration;
using Sous.Plugins.Host.Authorization;

namespace Sous.Plugins.Host.Tests.Authorization;

public sealed class AuthorizationOptionsTests
{
    [Theory]
    [InlineData("PublicUrl", "https://sous.example", null)]
    [InlineData("PublicUrl", "http://localhost:5080", null)]
    [InlineData("PublicUrl", "http://sous.example", "PublicUrl")]
    [InlineData("PublicUrl", "https://sous.example/path", "PublicUrl")]
    [InlineData("PublicUrl", "nonsense", "PublicUrl")]
    [InlineData("ReturnAddresses:home", "https://app.example/back?x=1", null)]
    [InlineData("ReturnAddresses:home", "javascript:alert(1)", "ReturnAddresses:home")]
    [InlineData("ReturnAddresses:home", "//app.example", "ReturnAddresses:home")]
    [InlineData("ReturnAddresses:home", "https://user@app.example", "ReturnAddresses:home")]
    [InlineData("Clients:square:AuthUrl", "http://10.0.0.1", null)]
    [InlineData("Clients:square:AuthUrl", "ftp://10.0.0.1", "Clients:square:AuthUrl")]
    public void A_wrong_address_is_named_before_anything_starts(string setting, string value, string? named)
    {
        var options = new AuthorizationOptions();
        new ConfigurationBuilder().AddInMemoryCollection([new(setting, value)]).Build().Bind(options);

        var result = new AuthorizationOptionsValidator().Validate(null, options);

        Assert.Equal(named is null, result.Succeeded);
        Assert.True(named is null || Assert.Single(result.Failures!).StartsWith($"{named}: ", StringComparison.Ordinal));
    }
}
