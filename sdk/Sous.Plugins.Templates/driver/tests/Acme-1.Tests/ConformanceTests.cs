using System.Reflection;
using Acme_1.Sample;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Testing;

namespace Acme_1.Tests;

/// <summary>Each rule of the suite is an inherited test.</summary>
public sealed class ConformanceTests : DriverConformance
{
    protected override string DriverFolder { get; } = Built("DriverFolder");

    protected override string? CardPath { get; } = Built("ConformanceCard");

    protected override async ValueTask<SampleService> StartServiceAsync(CancellationToken cancellationToken)
    {
        var service = await LocalService.StartAsync("http://127.0.0.1:0", cancellationToken);
        return new SampleService
        {
            Owner = service,
            Address = service.Address,
            AccessToken = new Secret(LocalService.Key),
            PageSize = 10,
            Unauthorized = new ServiceAnswer(401, """{"error":"unknown_key"}"""),
            Forbidden = new ServiceAnswer(403, """{"error":"not_allowed"}"""),
        };
    }

    private static string Built(string key) => typeof(ConformanceTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == key).Value ?? "";
}
