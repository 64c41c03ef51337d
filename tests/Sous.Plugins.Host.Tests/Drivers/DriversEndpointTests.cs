using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Tests.Drivers;

[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class DriversEndpointTests : IDisposable
{
    private readonly PluginsTree _tree = new();

    [Fact]
    public async Task The_api_shows_every_plugin_with_its_state_and_what_it_can_do()
    {
        // Arrange
        var token = TestContext.Current.CancellationToken;
        _tree.Add("Good");
        _tree.Add("NotADriver");
        _tree.List(PluginsTree.Entry("good", "Good"), PluginsTree.Entry("not-a-driver", "NotADriver"));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration.AddInMemoryCollection([new("Plugins", _tree.File), new("Data", _tree.Data)]);
        builder.Services.ConfigureHttpJsonOptions(HttpJson.Configure);
        builder.Services.AddDrivers();
        await using var app = builder.Build();
        app.MapDrivers();
        await app.Services.GetRequiredService<DriverCatalog>().LoadAsync(token);
        await app.StartAsync(token);
        using var client = new HttpClient();
        client.BaseAddress = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

        // Act
        var list = await client.GetFromJsonAsync<JsonElement>("/api/v1/drivers", token);
        var good = await client.GetFromJsonAsync<JsonElement>("/api/v1/drivers/good", token);
        using var unknown = await client.GetAsync(new Uri("/api/v1/drivers/nobody", UriKind.Relative), token);

        // Assert
        Assert.Equal(["loaded", "refused"], list.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("state").GetString()));
        Assert.Contains("not a driver", list.GetProperty("items")[1].GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Equal("1.2.3", good.GetProperty("version").GetString());
        Assert.Equal(1, good.GetProperty("generation").GetInt32());
        Assert.True(good.GetProperty("capabilities").GetProperty("locations").GetBoolean());
        Assert.False(good.GetProperty("capabilities").GetProperty("day_totals").GetBoolean());
        Assert.Equal("none", good.GetProperty("coverage").GetProperty("tips").GetString());
        Assert.Equal("api_key", good.GetProperty("manifest").GetProperty("authorization").GetProperty("kind").GetString());
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
    }

    public void Dispose() => _tree.Dispose();
}
