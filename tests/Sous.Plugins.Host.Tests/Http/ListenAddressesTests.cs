using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Tests.Http;

public sealed class ListenAddressesTests
{
    [Theory]
    [InlineData(null, "http://localhost:5080")]
    [InlineData("", "http://localhost:5080")]
    [InlineData("http://127.0.0.1:0; http://*:8080/;", "http://127.0.0.1:0", "http://*:8080/")]
    public void Addresses_are_read_one_by_one(string? urls, params string[] expected) => Assert.Equal(expected, Read(urls));

    [Theory]
    [InlineData("nonsense")]
    [InlineData("http://")]
    [InlineData("ftp://localhost:5080")]
    [InlineData("http://localhost:99999")]
    [InlineData("http://localhost:0")]
    [InlineData("http://localhost:5080/path")]
    [InlineData("https://localhost:5443")]
    [InlineData("http://localhost:5080;nonsense")]
    public void What_the_server_could_not_listen_on_is_refused_with_its_setting(string urls)
    {
        var refusal = Assert.Throws<OptionsValidationException>(() => Read(urls));

        Assert.StartsWith("SOUS_Urls ", Assert.Single(refusal.Failures), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://*:5080")]
    [InlineData("http://127.0.0.1:0")]
    [InlineData("https://*:8443")]
    [InlineData("nonsense")]
    public void A_public_listener_without_a_port_of_its_own_is_refused_with_its_setting(string address)
    {
        var refusal = Assert.Throws<OptionsValidationException>(() => ListenAddresses.ReadPublic(new ConfigurationBuilder().AddInMemoryCollection([new("PublicListen", address)]).Build()));

        Assert.StartsWith("SOUS_PublicListen ", Assert.Single(refusal.Failures), StringComparison.Ordinal);
    }

    [Fact]
    public void With_a_certificate_https_is_listened_on_and_the_command_line_keeps_an_address_of_its_own()
    {
        Assert.Equal(["http://localhost:5080", "https://*:8443"], Read("http://localhost:5080;https://*:8443", ("CertificateFile", "fullchain.pem")));

        var refusal = Assert.Throws<OptionsValidationException>(() => Read("https://*:8443", ("CertificateFile", "fullchain.pem")));
        Assert.Equal("SOUS_Urls (or --urls) needs an http address beside https, such as http://localhost:5080: the command line on this machine comes by it.", Assert.Single(refusal.Failures));
    }

    private static string[] Read(string? urls, params (string Key, string Value)[] others) => ListenAddresses.Read(
        new ConfigurationBuilder().AddInMemoryCollection([new("Urls", urls), .. others.Select(static other => KeyValuePair.Create(other.Key, (string?)other.Value))]).Build());
}
