using System.Net;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Drivers.Tests.Square;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Locations;
using Sous.Plugins.Sdk.Pos;
using Sous.Plugins.Toast;

namespace Sous.Plugins.Drivers.Tests.Toast;

/// <summary>Answers that no simulator gives: each request goes to the first script whose beginning fits, else to an empty list.</summary>
internal sealed class ScriptedToast : HttpMessageHandler
{
    public const string Own = "11111111-1111-4111-8111-111111111111";
    public const string Foreign = "22222222-2222-4222-8222-222222222222";
    public const string Order = "33333333-3333-4333-8333-333333333333";

    private readonly Scripts _scripts = new("[]", static (call, beginning) => call.StartsWith(beginning, StringComparison.Ordinal));

    public ScriptedToast() => Driver = ToastKit.DriverOver(new HttpClient(this) { BaseAddress = new Uri("http://toast.test/") }, Clock, [Own]);

    public ToastDriver Driver { get; }

    public FakeTimeProvider Clock { get; } = new(ToastKit.Start);

    public List<string> Calls => _scripts.Calls;

    public static Location Location { get; } = new()
    {
        Ref = new ExternalRef("toast", Own),
        Name = "One",
        TimeZone = "America/New_York",
        Currency = "USD",
        Active = true,
        BusinessDayStart = TimeSpan.FromHours(4),
    };

    public ScriptedToast On(string beginning, string json, int status = 200) => On(beginning, _ => Scripts.Json(json, status));

    public ScriptedToast On(string beginning, Func<string, HttpResponseMessage> answer)
    {
        _scripts.Add(beginning, answer);
        return this;
    }

    public SalesRequest Request(Location? location = null, Checkpoint? from = null) => new()
    {
        Location = location ?? Location,
        From = from,
        Range = new InstantRange(Clock.GetUtcNow().AddDays(-10), Clock.GetUtcNow()),
    };

    public async Task<List<SyncPage<Sale>>> SalesAsync(Location? location = null, Checkpoint? from = null)
        => await Driver.FetchSalesAsync(Request(location, from), TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);

    /// <summary>The one order as a sale; it is given the members that every order has.</summary>
    public async Task<Sale> SaleAsync(string members, Location? location = null)
    {
        const string usual = $$"""{"guid":"{{Order}}","entityType":"Order","openedDate":"2025-11-19T20:00:00.000-0500","modifiedDate":"2025-11-19T21:00:00.500-0500",""";
        On("/orders/v2/ordersBulk", "[" + usual + members.Trim() + "]");
        return Assert.Single((await SalesAsync(location)).Sales());
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(_scripts.Answer(request.RequestUri!.PathAndQuery));
    }
}
