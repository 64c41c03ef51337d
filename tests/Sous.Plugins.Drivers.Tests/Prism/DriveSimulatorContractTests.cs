using Sous.Plugins.Drivers.Tests.Simulators;
using Sous.Plugins.Simulators.Drive;
using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Drivers.Tests.Prism;

/// <summary>The simulator against Drive's own definition, through Prism.</summary>
public sealed class DriveSimulatorContractTests(DrivePrismFixture drive) : IClassFixture<DrivePrismFixture>
{
    [Fact]
    public async Task Every_operation_keeps_to_the_definition()
    {
        ProviderSpecs.SkipUnlessPresent();
        using var caller = Caller();
        var before = drive.Proxy.Violations.Count;

        DriveReply[] replies =
        [
            await caller.GetAsync("about?fields=*"),
            await caller.GetAsync("drives"),
            await caller.GetAsync("files?fields=*"),
            await caller.GetAsync("files?orderBy=modifiedTime%20desc,name&pageSize=3"),
            .. await Task.WhenAll(drive.Simulator.Truth.Files.Select(file => caller.GetAsync($"files/{file.Id}?fields=*&supportsAllDrives=true"))),
            await caller.GetAsync("changes/startPageToken"),
            await caller.GetAsync("changes?pageToken=1"),
            await caller.PostAsync("changes/watch?pageToken=1", new { id = "c-1", type = "web_hook", address = "https://127.0.0.1:9/", token = "t" }),
            await caller.PostAsync($"files/{DriveSimulator.ArchivedFile}/watch", new { id = "c-2", type = "web_hook", address = "https://127.0.0.1:9/" }),
        ];
        var stopped = await caller.PostAsync("channels/stop", new { id = "c-1", resourceId = replies[^2].Member("resourceId") });

        Assert.All(replies, reply => Assert.Equal(200, reply.Status));
        Assert.Equal(204, stopped.Status);
        Assert.Equal([], drive.Proxy.Violations.Skip(before));
    }

    [Fact]
    public async Task Error_answers_keep_to_the_definition()
    {
        ProviderSpecs.SkipUnlessPresent();
        using var caller = Caller();
        var before = drive.Proxy.Violations.Count;

        List<DriveReply> replies =
        [
            await caller.GetAsync("files?q=nonsense"),
            await caller.GetAsync("files?pageToken=nonsense"),
            await caller.GetAsync("files/none"),
            await caller.GetAsync($"files/{DriveSimulator.LockedFile}?alt=media"),
            await caller.GetAsync("changes?pageToken=nonsense"),
            await caller.PostAsync("channels/stop", new { id = "none", resourceId = "none" }),
        ];
        drive.Simulator.Chaos = new Chaos { PathPrefix = DriveSimulator.ApiPath, RateLimitEvery = 2, ServerErrorEvery = 3 };
        replies.AddRange([await caller.GetAsync("files/none"), await caller.GetAsync("files/none"), await caller.GetAsync("files/none")]);
        drive.Simulator.Chaos = Chaos.None;
        caller.Authorize("wrong");
        replies.Add(await caller.GetAsync("files"));

        Assert.Equal([400, 400, 404, 403, 400, 404, 404, 429, 503, 401], replies.Select(reply => reply.Status));
        Assert.Equal([], drive.Proxy.Violations.Skip(before));
    }

    [Fact]
    public async Task A_broken_request_is_noticed()
    {
        ProviderSpecs.SkipUnlessPresent();
        using var caller = Caller();
        var before = drive.Proxy.Violations.Count;

        await caller.GetAsync("files?pageSize=many");
        await caller.GetAsync("changes");

        Assert.Equal(2, drive.Proxy.Violations.Skip(before).Count(violation => violation.Contains("request", StringComparison.OrdinalIgnoreCase)));
    }

    private DriveCaller Caller() => new(drive.Proxy.CreateClient(), drive.Simulator.IssueAccessToken());
}
