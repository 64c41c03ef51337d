using System.Net;
using System.Text;
using System.Text.Json;
using Sous.Plugins.Host.Tests.Access;

namespace Sous.Plugins.Host.Tests.Http;

/// <summary>Invariant 27: bad input gets problem details that name the field.</summary>
public sealed class BodyTests
{
    [Theory]
    [InlineData("""{ "id": "hill", "nam": "misspelt" }""", "nam")]
    [InlineData("""{ "id": 7 }""", "id")]
    [InlineData("""{ "id": """, "id")]
    [InlineData("not json", "body")]
    [InlineData("", "body")]
    public async Task A_body_that_cannot_be_read_is_refused_by_the_name_of_its_field(string body, string field)
    {
        var token = TestContext.Current.CancellationToken;
        await using var running = await RunningWorker.StartAsync();

        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await running.Admin.PostAsync("api/v1/tenants", content, token);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        using var problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync(token));
        Assert.Equal("invalid", problem.RootElement.GetProperty("code").GetString());
        Assert.True(problem.RootElement.GetProperty("errors").TryGetProperty(field, out _), problem.RootElement.GetRawText());
    }
}
