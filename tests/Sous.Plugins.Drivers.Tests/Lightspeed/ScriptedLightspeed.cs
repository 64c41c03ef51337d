using System.Net;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Drivers.Tests.Square;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Locations;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Drivers.Tests.Lightspeed;

/// <summary>Answers that no simulator gives: each request goes to the first script that its path and query contain, else to a page without sales.</summary>
internal sealed class ScriptedLightspeed : HttpMessageHandler
{
    public const string Own = "45454565682155";
    public const string Nothing = """{"sales":[]}""";

    private readonly Scripts _scripts = new(Nothing, static (call, part) => call.Contains(part, StringComparison.Ordinal));

    public ScriptedLightspeed(object? settings = null) => Driver = OutsideDriver.Over(new HttpClient(this) { BaseAddress = new Uri("http://lightspeed.test/") }, Clock, settings);

    public IDriver Driver { get; }

    public FakeTimeProvider Clock { get; } = new(LightspeedKit.Start);

    public List<string> Calls => _scripts.Calls;

    public static Location Location { get; } = new()
    {
        Ref = new ExternalRef("lightspeed", Own),
        Name = "One",
        TimeZone = "Europe/Madrid",
        Currency = "EUR",
        Active = true,
        BusinessDayStart = TimeSpan.FromHours(5),
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ScriptedLightspeed On(string part, string json, int status = 200) => On(part, _ => Scripts.Json(json, status));

    public ScriptedLightspeed On(string part, Func<string, HttpResponseMessage> answer)
    {
        _scripts.Add(part, answer);
        return this;
    }

    public async Task<List<SyncPage<Sale>>> SalesAsync(Location? location = null, Checkpoint? from = null) => await ((IPosDriver)Driver).FetchSalesAsync(new SalesRequest
    {
        Location = location ?? Location,
        From = from,
        Range = new InstantRange(Clock.GetUtcNow().AddDays(-10), Clock.GetUtcNow()),
    }, Token).ToListAsync(Token);

    public async Task<List<SyncPage<CatalogEntry>>> CatalogAsync() => await ((IPosDriver)Driver).FetchCatalogAsync(new CatalogRequest(), Token).ToListAsync(Token);

    /// <summary>The one document as a sale; it is given the members that every document has.</summary>
    public async Task<Sale> SaleAsync(string members, Location? location = null)
    {
        const string usual = """{"accountFiscId":"A1.1","timeOfOpening":"2025-11-18T19:00:00.000Z","timeClosed":"2025-11-18T20:00:00.500Z",""";
        On("/sales?", "{\"sales\":[" + usual + members.Trim() + "]}");
        return Assert.Single((await SalesAsync(location)).Sales());
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(_scripts.Answer(request.RequestUri!.PathAndQuery));
    }
}
