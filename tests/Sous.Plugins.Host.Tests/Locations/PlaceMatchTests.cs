using Sous.Plugins.Host.Locations.Suggestions;

namespace Sous.Plugins.Host.Tests.Locations;

public sealed class PlaceMatchTests
{
    [Theory]
    [InlineData("Café Crème", "CAFE CREME")]
    [InlineData("Joe's Diner", "Joes Diner")]
    [InlineData("Fish & Chips", "Fish and Chips")]
    [InlineData("Hill Street 5", "Hill St. 5")]
    [InlineData("Hauptstraße", "Hauptstr.")]
    [InlineData("Saint Mark's Place", "St Marks Pl")]
    [InlineData("The Corner Restaurant", "Corner")]
    [InlineData("Smørrebrød", "Smorrebrod")]
    public void Texts_that_differ_in_writing_only_are_the_same_words(string one, string other)
        => Assert.Equal(PlaceWords.Of(one).Words, PlaceWords.Of(other).Words);

    [Theory]
    [InlineData("Hilltop Grill", "Hill Top Grill", 0.75)]
    [InlineData("Rivreside Grill", "Riverside Grill", 0.6)]
    [InlineData("Grill Riverside", "Riverside Grill", 0.75)]
    public void A_name_alone_is_believed_as_far_as_it_agrees(string one, string other, double least)
        => Assert.InRange(Match(new("a", one, null, null, null, null), new("b", other, null, null, null, null)).Confidence, least, 0.8);

    [Fact]
    public void Another_house_number_speaks_against_it()
    {
        var same = Match(At("12 Hill Street, Springfield 01101"), At("12 Hill St"));
        var other = Match(At("12 Hill Street, Springfield 01101"), At("14 Hill Street, Springfield 01101"));

        Assert.True(same.Confidence > 0.9);
        Assert.True(other.Confidence < 0.5);
    }

    [Theory]
    [InlineData("America/New_York", "US/Eastern", true)]
    [InlineData("Europe/Berlin", "America/New_York", false)]
    public void A_zone_is_compared_by_its_rules(string one, string other, bool isSame)
    {
        var match = Match(new("a", "Grill", null, null, one, null), new("b", "Grill", null, null, other, null));

        Assert.Equal(isSame, match.Confidence > 0.7);
        Assert.Contains(match.Reasons, reason => reason.StartsWith(isSame ? "The time zone is the same" : "The time zone differs", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("+44 (0)20 7946 0958", "020 7946 0958", true)]
    [InlineData("+1 413 555 0100", "(413) 555-0100", true)]
    [InlineData("+1 413 555 0100", "(413) 555-0101", false)]
    public void A_telephone_number_is_the_same_with_a_country_and_without(string one, string other, bool isSame)
        => Assert.Equal(isSame, Match(new("a", null, null, one, null, null), new("b", null, null, other, null, null)).Confidence > 0.8);

    [Fact]
    public void Zone_and_currency_alone_are_no_reason()
        => Assert.Equal(0, Match(new("a", null, null, null, "UTC", "USD"), new("b", null, null, null, "UTC", "USD")).Confidence);

    [Fact]
    public void A_word_that_a_whole_chain_carries_tells_little()
    {
        var (one, other) = (new Place(new("a", "Mega Burger North", null, null, null, null)), new Place(new("b", "Mega Burger South", null, null, null, null)));

        var plain = PlaceMatch.Of(one, other, static _ => 1);
        var weighed = PlaceMatch.Of(one, other, static word => word is "mega" or "burger" ? 0.1 : 1);

        Assert.True(plain.Confidence > 0.3);
        Assert.Equal(0, weighed.Confidence);
    }

    private static OwnLocation At(string address) => new("x", "Grill", address, null, null, null);

    private static PlaceMatch Match(OwnLocation one, OwnLocation other) => PlaceMatch.Of(new Place(one), new Place(other), static _ => 1);
}
