using System.Net;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Locations;
using Sous.Plugins.Sdk.Pos;
using Sous.Plugins.Square;

namespace Sous.Plugins.Drivers.Tests.Square;

/// <summary>Answers that no simulator gives: each request goes to the first script whose beginning fits, else to an empty object.</summary>
internal sealed class ScriptedSquare : HttpMessageHandler
{
    private readonly Scripts _scripts = new("{}", static (call, beginning) => call.StartsWith(beginning, StringComparison.Ordinal));

    public ScriptedSquare() => Driver = SquareKit.DriverOver(new HttpClient(this) { BaseAddress = new Uri("http://square.test/") }, Clock);

    public SquareDriver Driver { get; }

    public FakeTimeProvider Clock { get; } = new(SquareKit.Start);

    public List<string> Calls => _scripts.Calls;

    public static Location Location { get; } = new()
    {
        Ref = new ExternalRef("square", "L1"),
        Name = "One",
        TimeZone = "America/New_York",
        Currency = "USD",
        Country = "US",
        Active = true,
    };

    public ScriptedSquare On(string beginning, string json, int status = 200) => On(beginning, _ => json, status);

    public ScriptedSquare On(string beginning, Func<string, string> json, int status = 200) => On(beginning, body => Scripts.Json(json(body), status));

    public ScriptedSquare On(string beginning, Func<string, HttpResponseMessage> answer)
    {
        _scripts.Add(beginning, answer);
        return this;
    }

    public async Task<List<SyncPage<Sale>>> SalesAsync(Checkpoint? from = null, Location? location = null) => await Driver.FetchSalesAsync(new SalesRequest
    {
        Location = location ?? Location,
        From = from,
        Range = new InstantRange(Clock.GetUtcNow().AddDays(-10), Clock.GetUtcNow()),
    }, TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);

    /// <summary>The one order as a sale; TIMES in it stands for three times of an evening.</summary>
    public async Task<Sale> SaleAsync(string order, Location? location = null)
    {
        const string times = "\"created_at\":\"2025-11-19T20:00:00Z\",\"updated_at\":\"2025-11-19T21:00:00.5Z\",\"closed_at\":\"2025-11-19T21:00:00Z\"";
        On("POST /v2/orders/search", $$"""{"orders":[{{order.Replace("TIMES", times, StringComparison.Ordinal)}}]}""");
        return Assert.Single((await SalesAsync(null, location)).Sales());
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
        var call = $"{request.Method} {request.RequestUri!.PathAndQuery}";
        return _scripts.Answer(call, body);
    }
}
